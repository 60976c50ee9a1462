import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { qalam, temporaryDirectory } from '../support/qalam.ts'

/** A trial reports x ten times, goes on until it is stopped if it is bad, and notes that it came to its end; a stopped one must not. */
function experiment(log: string): object {
  const goesOn = `case ${X} in 8 | 9) exec node -e "setInterval(() => {}, 1_000)" ;; esac`
  const loop = `for i in 1 2 3 4 5 6 7 8 9 10; do echo loss=${X}; done; ${goesOn}`
  return programExperiment({
    name: 'early',
    command: ['sh', '-c', `(${loop}; echo $KATIB_TRIAL_NAME >> ${log})`],
    spec: {
      algorithm: { algorithmName: 'grid' },
      initialTrials: [{ x: '1' }, { x: '2' }, { x: '9' }, { x: '8' }],
      earlyStopping: {
        algorithmName: 'medianstop',
        algorithmSettings: [
          { name: 'min_trials_required', value: '2' },
          { name: 'start_step', value: '2' },
        ],
      },
      parallelTrialCount: 2,
      maxTrialCount: 4,
      parameters: [{ name: 'x', parameterType: 'discrete', feasibleSpace: { list: ['1', '2', '8', '9'] } }],
    },
  })
}

test('trials worse than the median are stopped, keep what they reported, and count as ended', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const log = join(directory.path, 'log')
  const file = join(directory.path, 'exp.yaml')
  writeFileSync(log, '')
  writeFileSync(file, stringify(experiment(log)))
  const { code, stdout, stderr } = await qalam(['run', '-f', file, '--data-dir', data, '--cpus', '2'])
  expect({ code, stdout, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stdout: '--x=1\n', stderr: '' })
  const listed = await qalam(['get', 'trials', '-o', 'jsonl', '--data-dir', data])
  const trials = listed.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Trial)
  const byPhase = (phase: string) => trials.filter(trial => trial.status?.phase === phase)
  expect(
    byPhase('EarlyStopped')
      .map(trial => trial.spec.parameterAssignments?.[0].value)
      .sort(),
  ).toEqual(['8', '9'])
  for (const trial of byPhase('EarlyStopped')) {
    expect(trial.status?.observation?.metrics?.[0].latest).toBe(trial.spec.parameterAssignments?.[0].value)
    expect(trial.status?.conditions?.at(-1)?.message).toMatch(/is worse than the median 1\.5 of 2 ended trials$/)
  }
  expect(readFileSync(log, 'utf8').trim().split('\n').sort()).toEqual(
    byPhase('Succeeded')
      .map(trial => trial.metadata.name)
      .sort(),
  )
})
