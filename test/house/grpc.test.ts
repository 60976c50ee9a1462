import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { importsOf, rooms, sourceFiles } from './source-files.ts'

const OPENS = 'server/grpc/open.ts'
const files = new Map(rooms.flatMap(room => sourceFiles(room)).map(file => [file.path, file]))

/** Files that the program loads, verbs included, without what `open.ts` loads at its calls. */
function loaded(): Set<string> {
  const found = new Set<string>()
  const visit = (path: string) => {
    const file = files.get(path)
    if (!file || found.has(path)) return
    found.add(path)
    const text = file.text.replaceAll(/^(import|export) type .*$/gm, '')
    const imports = path === OPENS ? importsOf(text.replaceAll(/\bimport\('[^']+'\)/g, '')) : importsOf(text)
    for (const name of imports) {
      if (name.startsWith('#')) visit(`${name.slice(1)}/index.ts`)
      if (name.startsWith('.')) visit(join(dirname(path), name))
    }
  }
  visit('cli/main.ts')
  return found
}

test('gRPC is loaded only when a port of it is asked for', () => {
  const paths = [...loaded()]
  expect(paths).toContain(OPENS)
  const loads = paths.filter(path => importsOf(files.get(path)?.text ?? '').some(name => name.startsWith('@grpc/')))
  expect(loads).toEqual([])
})
