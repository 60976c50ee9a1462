import { describe, expect, test } from 'vitest'
import { importsOf, type Room, rooms, sourceFiles } from './source-files.ts'

/** Which doors a room may open (imports go down only); `packages`: the only npm packages a room on the ground floors may use. */
const mayOpen: Record<Room, { doors: readonly Room[]; packages?: readonly string[] }> = {
  numerics: { doors: [], packages: [] },
  api: { doors: [], packages: ['zod'] },
  suggestion: { doors: ['numerics', 'api'], packages: ['zod', 'simple-statistics', 'mathjs'] },
  earlystop: { doors: ['numerics', 'api'], packages: ['zod', 'simple-statistics'] },
  kinds: { doors: ['api'], packages: ['zod'] },
  collector: { doors: ['api'] },
  store: { doors: ['api'] },
  kube: { doors: ['api'] },
  controller: { doors: ['api', 'suggestion', 'earlystop', 'kinds', 'collector', 'store', 'kube'] },
  server: { doors: ['api', 'numerics', 'suggestion', 'earlystop', 'kinds', 'collector', 'store', 'kube'] },
  standalone: { doors: ['api', 'kinds', 'store', 'kube'] },
  cli: { doors: rooms },
}
/** Rooms of pure decisions: no clock, files, processes, network. */
const pure: readonly Room[] = ['numerics', 'api', 'suggestion', 'earlystop', 'kinds']

describe.each(rooms)('%s', room => {
  const files = sourceFiles(room)

  test('opens only the doors of the table', () => {
    const forbidden = files.flatMap(file =>
      importsOf(file.text)
        .filter(name => name.startsWith('#') && !mayOpen[room].doors.includes(name.slice(1) as Room))
        .map(name => `${file.path} imports ${name}`),
    )
    expect(forbidden).toEqual([])
  })

  test('reaches other rooms by their doors alone', () => {
    const climbed = files.flatMap(file => {
      const depth = file.path.split('/').length - 1
      return importsOf(file.text)
        .filter(name => name.startsWith('.') && (name.match(/\.\.\//g)?.length ?? 0) >= depth)
        .map(name => `${file.path} imports ${name}`)
    })
    expect(climbed).toEqual([])
  })

  test('uses only the packages its floor allows', () => {
    const allowed = mayOpen[room].packages
    const extra = files.flatMap(file =>
      importsOf(file.text)
        .filter(name => !/^[.#]/.test(name) && !name.startsWith('node:'))
        .map(name =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter(name => allowed && !allowed.includes(name))
        .map(name => `${file.path} imports ${name}`),
    )
    expect(extra).toEqual([])
  })

  test.runIf(pure.includes(room))('decides without clock, chance or the outside world', () => {
    const impure = files.flatMap(file =>
      [
        /\bDate\.now\(|\bnew Date\(\)/,
        /\bMath\.random\(/,
        /'node:(?!url)/,
        /\bprocess\./,
        /\bsetTimeout\(/,
        /\bfetch\(/,
      ]
        .filter(pattern => pattern.test(file.text))
        .map(pattern => `${file.path} uses ${pattern.source}`),
    )
    expect(impure).toEqual([])
  })

  test('has a door that says what it knows and only re-exports', () => {
    const door = files.find(file => file.path === `${room}/index.ts`)
    const comment = door?.text.match(/^\/\*\*([\s\S]*?)\*\//)?.[0] ?? ''
    expect(comment.split('\n').length).toBeGreaterThanOrEqual(5)
    expect(comment.split('\n').length).toBeLessThanOrEqual(25)
    const rest = door?.text
      .slice(comment.length)
      .replaceAll(/export (type )?(\*|\{[^}]*\}) from '[^']+'/g, '')
      .trim()
    expect(rest).toBe('')
  })
})

test('only the named files hold a writing client', () => {
  const allowed =
    /^(controller\/act\.ts|server\/rest\/write\.ts|server\/katib-ui\/template-writes\.ts|standalone\/|cli\/|kube\/)/
  const writers = rooms
    .flatMap(room => sourceFiles(room))
    .filter(file => /\b(WritingClient|createClient)\b/.test(file.text) && !allowed.test(file.path))
    .map(file => file.path)
  expect(writers).toEqual([])
})
