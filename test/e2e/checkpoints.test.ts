import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Trial } from '#api'
import { qalam, root, temporaryDirectory } from '../support/qalam.ts'

const example = (name: string) => join(root, 'examples', name, 'experiment.yaml')

async function trialsOf(data: string): Promise<Trial[]> {
  const { stdout } = await qalam(['get', 'trials', '-o', 'jsonl', '--data-dir', data])
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Trial)
}
const parentOf = (trial: Trial) => trial.spec.labels?.['qalam.dev/parent-trial']
const epochsOf = (trial: Trial) =>
  Number(trial.spec.parameterAssignments?.find(({ name }) => name === 'epochs')?.value ?? 0)

test('a promoted trial trains only what its parent has not', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const { code, stderr } = await qalam(['run', '-f', example('hyperband'), '--data-dir', data])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const trials = await trialsOf(data)
  const promoted = trials.filter(parentOf)
  expect(promoted.length).toBeGreaterThanOrEqual(3)
  for (const trial of promoted) {
    const { name } = trial.metadata
    const parent = trials.find(candidate => candidate.metadata.name === parentOf(trial))
    if (!parent) throw new Error(`${name} names a parent that is no trial`)
    expect(trial.status?.checkpoint).toBe(`starts from the checkpoint of trial ${parent.metadata.name}`)
    expect(trial.metadata.annotations?.['qalam.dev/because']).toMatch(
      /^goes on from trial \d+, which is among the best/,
    )
    const saved = (of: string) =>
      JSON.parse(readFileSync(join(data, 'volumes/default/hyperband-hyperband/hyperband', of, 'weights.json'), 'utf8'))
    expect([saved(parent.metadata.name).epoch, saved(name).epoch]).toEqual([epochsOf(parent), epochsOf(trial)])
    expect((await qalam(['logs', name, '--data-dir', data])).stdout).toContain(
      `going on after epoch ${epochsOf(parent)}\nepoch=${epochsOf(parent) + 1} `,
    )
  }
})

test('a population without room keeps the checkpoints that it still needs, and none at the end', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const file = join(directory.path, 'pbt.yaml')
  writeFileSync(file, readFileSync(example('pbt'), 'utf8').replace('maxTrialCount: 30', 'maxTrialCount: 20'))
  const { code, stderr } = await qalam(['run', '-f', file, '--data-dir', data, '--keep-trials', 'none'])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const children = (await trialsOf(data)).filter(parentOf)
  expect(children).toHaveLength(15)
  for (const child of children) {
    expect(child.status?.checkpoint).toBe(`starts from the checkpoint of trial ${parentOf(child)}`)
    expect(child.spec.labels?.['pbt.suggestion.katib.kubeflow.org/parent']).toBe(parentOf(child))
  }
  const left = join(data, 'volumes/default/pbt-pbt/pbt')
  // The last ones may be on their way out while the server closes.
  expect(existsSync(left) ? readdirSync(left).length : 0).toBeLessThanOrEqual(5)
})

/** Katib's manifests lie outside the house, beside it. */
const simplePbt = join(root, '../shared/data/katib-examples/simple-pbt.yaml')
if (!existsSync(simplePbt)) console.warn(`skipped: simple-pbt of Katib, ${simplePbt} is absent`)

test.skipIf(!existsSync(simplePbt))('simple-pbt of Katib runs, once its budget of failures is possible', async () => {
  using directory = temporaryDirectory()
  const input = readFileSync(simplePbt, 'utf8')
  const data = join(directory.path, 'data')
  const refused = await qalam(['run', '-f', '-', '--data-dir', data], { input })
  expect(refused.stderr).toContain('maxFailedTrialCount')
  const edited = input.replace('maxFailedTrialCount: 3', 'maxFailedTrialCount: 2')
  const { code, stdout } = await qalam(['run', '-f', '-', '--data-dir', data], { input: edited })
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^--lr=0\.\d+\n$/) })
})
