import { expect, test } from 'vitest'
import { MAX_NESTING, nestsTooDeep } from '#api'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test.each([
  ['JSON', nested(MAX_NESTING), undefined],
  ['JSON', nested(MAX_NESTING + 1), MAX_NESTING],
  ['JSON', `["${'['.repeat(100)}","\\"${'{'.repeat(100)}"]`, undefined],
  ['JSON', '[],'.repeat(100), undefined],
  ['YAML', `a: ${'{b: '.repeat(MAX_NESTING + 1)}`, 3 + 4 * MAX_NESTING],
  ['YAML', `x: 1\n${'- '.repeat(MAX_NESTING + 1)}a`, 5],
  ['YAML', `x: 1\n${'- '.repeat(MAX_NESTING)}a`, undefined],
] as const)('%s %.20s opens its 65th level at %s', (format, text, at) => {
  expect(nestsTooDeep(text, format)).toBe(at)
})
