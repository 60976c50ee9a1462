import { expect, test } from 'vitest'
import { userFormat } from '#collector'

/** Each of these takes exponential or high polynomial time in a backtracking engine on one of the lines below. */
const CORES = [
  '(a+)+',
  '(a*)*',
  '(a|a)*',
  '(a|aa)+',
  '(.*)*',
  '(.*a){12}',
  '(\\w+\\s?)*',
  '([a-z]+)*',
  '(x+x+)+y',
  '(a?){20}a{20}',
]
const TAILS = ['$', '=(\\d)', '!(b)', '(\\s*)*z', '(.*)=(.*)=(.*)']
const LINES = ['a'.repeat(65_000), `${'a '.repeat(32_000)}!`, `${'x'.repeat(65_000)}=`, `${'a=1 '.repeat(16_000)}`]

test('no pattern makes a 64 KiB line slow', async () => {
  const silent = { notANumber() {}, badLine() {} }
  let slowest = { ms: 0, pattern: '' }
  for (const core of CORES)
    for (const tail of TAILS) {
      const pattern = `${core}${tail}(b)?`
      const format = await userFormat([pattern])
      const read = format(new Set(['a', 'x']), silent)
      for (const line of LINES) {
        const begin = performance.now()
        read(line)
        const ms = performance.now() - begin
        if (ms > slowest.ms) slowest = { ms, pattern }
      }
    }
  expect(slowest.ms, slowest.pattern).toBeLessThan(2_000)
}, 60_000)
