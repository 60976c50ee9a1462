import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'
import { untilFile } from '../support/until-file.ts'

const TRIALS = 30
const KILLS = 10

/** Each trial notes that it runs, computes for a moment, and reports twice. */
function experiment(log: string): object {
  const program = `echo "start $KATIB_TRIAL_NAME" >> ${log}; node -e 'setTimeout(() => {}, 300)'; echo loss=1; echo loss=${X}; echo "end $KATIB_TRIAL_NAME" >> ${log}`
  return programExperiment({
    name: 'killed',
    command: ['sh', '-c', program],
    spec: {
      objective: {
        type: 'minimize',
        objectiveMetricName: 'loss',
        metricStrategies: [{ name: 'loss', value: 'latest' }],
      },
      parallelTrialCount: 3,
      maxTrialCount: TRIALS,
      maxFailedTrialCount: 1,
    },
  })
}

test(`the server is killed ${KILLS} times: no trial is lost, none runs twice, no observation is lost`, async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const log = join(directory.path, 'log')
  const file = join(directory.path, 'exp.yaml')
  writeFileSync(log, '')
  writeFileSync(file, stringify(experiment(log)))
  const startServer = async () => {
    const child = start(['server', '--data-dir', data, '--cpus', '3'])
    await says(child, 'stdout', /ready /)
    return child
  }
  let server = await startServer()
  expect((await qalam(['apply', '-f', file, '--data-dir', data])).code).toBe(0)
  for (let kill = 1; kill <= KILLS; kill++) {
    await untilFile(log, text => (text.match(/^start/gm)?.length ?? 0) >= Math.min(TRIALS, kill * 2))
    const over = finished(server)
    server.kill('SIGKILL')
    await over
    server = await startServer()
  }
  const run = await qalam(['run', '-f', file, '--data-dir', data])
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
  const { stdout } = await qalam(['get', 'trials', '-o', 'json', '--data-dir', data])
  const over = finished(server)
  server.kill('SIGTERM')
  await over

  const trials = (JSON.parse(stdout) as { items: Trial[] }).items
  expect(trials).toHaveLength(TRIALS)
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  const names = trials.map(trial => trial.metadata.name).sort()
  for (const what of ['start', 'end']) {
    expect(
      lines
        .filter(line => line.startsWith(what))
        .map(line => line.split(' ')[1])
        .sort(),
    ).toEqual(names)
  }
  for (const trial of trials) {
    const x = trial.spec.parameterAssignments?.[0].value
    const [metric] = trial.status?.observation?.metrics ?? []
    expect(metric).toEqual({ name: 'loss', min: x, max: '1', latest: x })
  }
}, 300_000)
