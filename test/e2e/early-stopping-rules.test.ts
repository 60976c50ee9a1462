import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { qalam, temporaryDirectory } from '../support/qalam.ts'

/** Twenty reports that rise to x. */
const program = `let i = 0
const ticker = setInterval(() => {
  i++
  console.log('acc=' + (Number(process.argv[2]) - 1 / i))
  if (i === 20) clearInterval(ticker)
}, 100)
`
const setting = (name: string, value: string) => ({ name, value })

const experiment = (file: string, earlyStopping: object) =>
  programExperiment({
    name: 'early',
    command: ['node', file, X],
    spec: {
      objective: { type: 'maximize', objectiveMetricName: 'acc' },
      algorithm: { algorithmName: 'grid' },
      initialTrials: [{ x: '9' }, { x: '8' }, { x: '1' }],
      earlyStopping,
      maxTrialCount: 3,
      parameters: [{ name: 'x', parameterType: 'discrete', feasibleSpace: { list: ['1', '8', '9'] } }],
    },
  })

test.each([
  {
    name: 'curve',
    earlyStopping: {
      algorithmName: 'curve',
      algorithmSettings: [setting('min_trials_required', '1'), setting('min_points', '6')],
    },
    says: {
      8: /^Trial is early stopped: after \d+ of 20 reports it is expected to end at 7\.9\d*, better than the best 8\.95 /,
    },
  },
  {
    name: 'any of wilcoxon and threshold',
    earlyStopping: {
      algorithmName: 'any',
      rules: [
        { algorithmName: 'threshold', algorithmSettings: [setting('lower', '1.5')] },
        { algorithmName: 'wilcoxon' },
      ],
    },
    says: {
      8: /^Trial is early stopped: wilcoxon: it is worse than early-/,
      1: /: threshold: its \S+ at step \d+ is below 1\.5$/,
    },
  },
])('$name: the reason is on the trial, and what it reported stays', async ({ earlyStopping, says }) => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const file = join(directory.path, 'exp.yaml')
  writeFileSync(join(directory.path, 'train.mjs'), program)
  writeFileSync(file, stringify(experiment(join(directory.path, 'train.mjs'), earlyStopping)))
  const { code, stdout } = await qalam(['run', '-f', file, '--data-dir', data, '--cpus', '2'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '--x=9\n' })
  const listed = await qalam(['get', 'trials', '-o', 'jsonl', '--data-dir', data])
  const trials = listed.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Trial)
  for (const [x, sentence] of Object.entries(says)) {
    const trial = trials.find(({ spec }) => spec.parameterAssignments?.[0].value === x)
    expect(trial?.status?.phase).toBe('EarlyStopped')
    expect(trial?.status?.conditions?.at(-1)?.message).toMatch(sentence)
    expect(Number(trial?.status?.observation?.metrics?.[0].latest)).toBeGreaterThan(Number(x) - 1.01)
  }
})
