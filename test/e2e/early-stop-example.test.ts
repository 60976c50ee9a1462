/** The example that compares stopping rules on real training, run as its README says. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finished, root } from '../support/qalam.ts'

interface Line {
  readonly rule: string
  readonly spent: number
  readonly saved: number
  readonly best: number
}

test('early-stop: both rules find a better trial than running fewer to their end, and save epochs', async () => {
  const child = spawn(process.execPath, [join(root, 'examples/early-stop/compare.mjs')], { cwd: root })
  const { code, stdout, stderr } = await finished(child)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const [none, ...rules] = stdout
    .trim()
    .split('\n')
    .map((line): Line => {
      const [, rule, spent, saved, best] =
        /^(.+): \d+ trials, (\d+) of \d+ epochs, (\d+) % saved, best accuracy (\S+)$/.exec(line) ?? []
      return { rule, spent: Number(spent), saved: Number(saved), best: Number(best) }
    })
  expect([none, ...rules].map(({ rule }) => rule)).toEqual(['nobody stopped', 'medianstop', 'asha'])
  expect(none).toMatchObject({ spent: 144, saved: 0 })
  for (const { saved, best } of rules) {
    // On a quiet machine some 40 %; how far a trial comes before its stop arrives depends on the machine.
    expect(saved).toBeGreaterThanOrEqual(20)
    expect(best).toBeGreaterThan(none.best)
  }
}, 900_000)
