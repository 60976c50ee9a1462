/** Whatever a value holds, only the marked leaves of a template change. */
import { expect, test } from 'vitest'
import { render } from '#controller'
import { type Rng, streamOf } from '#numerics'

const MARK = `\${trialParameters.x}`
/** Pieces that mean something to JSON, YAML, shells, templates or regular expressions. */
const pieces = [
  '"',
  "'",
  '\\',
  '\n',
  '\r',
  '{',
  '}',
  '[',
  ']',
  ':',
  ' #',
  '$',
  '$&',
  '$1',
  '`',
  '&',
  '*',
  '!',
  '%',
  '|',
  '>',
  '-',
  ',',
]
const words = [
  MARK,
  `\${trialSpec.Name}`,
  '$(id)',
  '\u0000',
  '\u2028',
  '\ud83d\ude00',
  'null',
  'true',
  '1e5',
  '<<',
  '__proto__',
  'a',
]

test('200 random templates and values', () => {
  for (let seed = 0; seed < 200; seed++) {
    const rng = streamOf(seed, 'render', 0)
    const value = text(rng)
    const spec = tree(rng, 4)
    const template = {
      trialSpec: { apiVersion: 'v1', kind: 'Pod', spec },
      trialParameters: [{ name: 'x', reference: 'x' }],
    }
    const rendered = render(template, { name: 'a', namespace: 'b' }, [{ name: 'x', value }])
    expect(rendered.spec, `seed ${seed}`).toEqual(expected(spec, value))
  }
})

function expected(node: unknown, value: string): unknown {
  if (typeof node === 'string') return node.split(MARK).join(value)
  if (Array.isArray(node)) return node.map(item => expected(item, value))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, expected(item, value)]))
}

function tree(rng: Rng, depth: number): unknown {
  const kind = depth === 0 ? rng.integer(4) : rng.integer(6)
  if (kind === 0) return rng.integer(100)
  if (kind === 1) return [null, true, 0.5][rng.integer(3)]
  if (kind === 2) return MARK
  if (kind === 3) return `${plain(rng)}${MARK}${plain(rng)}`
  const children = Array.from({ length: 1 + rng.integer(3) }, () => tree(rng, depth - 1))
  return kind === 4 ? children : Object.fromEntries(children.map((child, i) => [`${plain(rng)}${i}`, child]))
}

/** Text of a template without placeholders: an undeclared one would be refused. */
function plain(rng: Rng): string {
  return Array.from({ length: rng.integer(4) }, () => pieces[rng.integer(pieces.length)]).join('')
}

function text(rng: Rng): string {
  const all = [...pieces, ...words]
  return Array.from({ length: rng.integer(6) }, () => all[rng.integer(all.length)]).join('')
}
