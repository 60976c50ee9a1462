import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { qalam, root, temporaryDirectory } from '../support/qalam.ts'

/** Every folder of `examples/` runs to its end; `expected.json` says how good the best must be: {"atMost": x} or {"atLeast": x}. */
const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && existsSync(join(root, 'examples', entry.name, 'experiment.yaml')))
  .map(entry => entry.name)

test('there are examples', () => {
  expect(examples).toEqual(expect.arrayContaining(['quadratic', 'inline', 'digits']))
})

test.each(examples)('%s', async name => {
  using directory = temporaryDirectory()
  const folder = join(root, 'examples', name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
    atMost?: number
    atLeast?: number
  }
  const args = ['run', '-f', join(folder, 'experiment.yaml'), '--data-dir', join(directory.path, 'data'), '-o', 'json']
  const { code, stdout, stderr } = await qalam(args)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(Object.keys(JSON.parse(stdout)).length).toBeGreaterThan(0)
  const best = Number(/^best {2}\S+ {2}\S+ (\S+)$/m.exec(stderr)?.[1])
  expect(best).toBeLessThanOrEqual(expected.atMost ?? Number.POSITIVE_INFINITY)
  expect(best).toBeGreaterThanOrEqual(expected.atLeast ?? Number.NEGATIVE_INFINITY)
})
