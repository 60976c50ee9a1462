/** Experiments whose trials report nothing, through the real server: they suspend, and go on however they are resumed. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { API_VERSION, type Experiment } from '#api'
import { qalam, temporaryDirectory } from '../support/qalam.ts'
import { served } from '../support/served.ts'

const wrongName = ['sh', '-c', 'echo val_loss={x}']
const budget = ['--trials', '40', '--parallel', '2', '--minimize', 'loss', '-p', 'x=0..1']

test('the run ends with 10 and the sentence, and the same command continues until the next three', async () => {
  using directory = temporaryDirectory()
  const at = ['--data-dir', join(directory.path, 'data')]
  const command = ['run', ...at, '--name', 'wrong', ...budget, '--', ...wrongName]
  const first = await qalam(command)
  expect({ code: first.code, stdout: first.stdout }).toEqual({ code: 10, stdout: '' })
  expect(first.stderr).toMatch(
    /Experiment is suspended: all \d trials that ended reported no metric: "loss" was never /,
  )
  expect(first.stderr).toContain('"val_loss"')
  const second = await qalam(command)
  expect({ code: second.code, goesOn: second.stderr.includes('since it was resumed') }).toEqual({
    code: 10,
    goesOn: true,
  })
})

test('failures that are used up first fail it, with the same sentence', async () => {
  using directory = temporaryDirectory()
  const at = ['--data-dir', join(directory.path, 'data')]
  const command = ['run', ...at, '--name', 'wrong', ...budget, '--dry-run', '-o', 'json', '--', ...wrongName]
  const manifest = JSON.parse((await qalam(command)).stdout) as Experiment
  const input = JSON.stringify({ ...manifest, spec: { ...manifest.spec, maxFailedTrialCount: 3 } })
  const run = await qalam(['run', ...at, '-f', '-'], { input })
  expect(run.code).toBe(3)
  expect(run.stderr).toMatch(
    /max failed count has reached; wrong-\S+: Metrics are not available: "loss" was never seen/,
  )
})

test('CLI, REST and a merge patch resume it', async () => {
  await using server = await served()
  const { at, client, rest, until } = server
  expect((await qalam(['run', ...at, '--name', 'wrong', ...budget, '--', ...wrongName])).code).toBe(10)
  const suspended = async (after: number) => {
    const { status } = await until(
      'wrong',
      ({ spec, status }) => spec.suspend === true && (status?.suspendedAfter ?? 0) > after,
    )
    const last = status?.conditions?.at(-1)
    expect([status?.phase, last?.type, last?.reason]).toEqual(['Suspended', 'Suspended', 'MetricsUnavailable'])
    return status?.suspendedAfter ?? 0
  }
  const first = await suspended(0)
  expect((await qalam(['resume', 'wrong', ...at])).code).toBe(0)
  const second = await suspended(first)
  expect((await rest('/namespaces/default/experiments/wrong:resume', 'POST')).status).toBe(200)
  const third = await suspended(second)
  const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace: 'default', name: 'wrong' }
  await client.patch(ref, { spec: { suspend: false } })
  const fourth = await suspended(third)
  expect([second - first, third - second, fourth - third].every(more => more >= 3)).toBe(true)
})
