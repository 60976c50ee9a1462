import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { qalam, root, temporaryDirectory } from '../support/qalam.ts'

/**
 * Every folder of `examples/` runs to its end; `expected.json` says how good the best must be, {"atMost": x} or
 * {"atLeast": x}, or with which exit code and words the run ends: {"exitCode": 10, "says": "..."}.
 */
interface Expected {
  readonly atMost?: number
  readonly atLeast?: number
  readonly exitCode?: number
  readonly says?: string
}

const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && existsSync(join(root, 'examples', entry.name, 'experiment.yaml')))
  .map(({ name }) => {
    const expected = JSON.parse(readFileSync(join(root, 'examples', name, 'expected.json'), 'utf8')) as Expected
    return { name, expected }
  })
const manifestOf = (name: string) => join(root, 'examples', name, 'experiment.yaml')

test('there are examples', () => {
  expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(['quadratic', 'inline', 'digits']))
})

/** `early-stop` runs in a test of its own, which compares it with runs that stop nobody. */
const runsHere = ({ name, expected }: (typeof examples)[number]) =>
  expected.exitCode === undefined && name !== 'early-stop'

test.each(examples.filter(runsHere))('$name', async ({ name, expected }) => {
  using directory = temporaryDirectory()
  const args = ['run', '-f', manifestOf(name), '--data-dir', join(directory.path, 'data'), '-o', 'json']
  const { code, stdout, stderr } = await qalam(args)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(Object.keys(JSON.parse(stdout)).length).toBeGreaterThan(0)
  const best = Number(/^best {2}\S+ {2}\S+ (\S+)$/m.exec(stderr)?.[1])
  expect(best).toBeLessThanOrEqual(expected.atMost ?? Number.POSITIVE_INFINITY)
  expect(best).toBeGreaterThanOrEqual(expected.atLeast ?? Number.NEGATIVE_INFINITY)
})

test.each(examples.filter(({ expected }) => expected.exitCode !== undefined))(
  '$name ends without a best trial, and says why in the words of the README',
  async ({ name, expected }) => {
    using directory = temporaryDirectory()
    const at = ['--data-dir', join(directory.path, 'data')]
    const run = await qalam(['run', '-f', manifestOf(name), ...at])
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code: expected.exitCode, stdout: '' })
    expect(run.stderr).toContain(expected.says)
    expect((await qalam(['why', name, ...at])).stdout).toContain(expected.says)
    const readme = readFileSync(join(root, 'examples/README.md'), 'utf8').replaceAll(/\s+(> )?/g, ' ')
    expect(readme).toContain(expected.says)
  },
)

test('metric-doctor: the edit that it names is the right one', async () => {
  using directory = temporaryDirectory()
  const at = ['--data-dir', join(directory.path, 'data')]
  const text = readFileSync(manifestOf('metric-doctor'), 'utf8')
  const input = text.replace('objectiveMetricName: accuracy', 'objectiveMetricName: Test-Accuracy')
  const { code, stderr } = await qalam(['run', '-f', '-', ...at], { input })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(stderr).toMatch(/^best {2}\S+ {2}Test-Accuracy 0\.9/m)
})
