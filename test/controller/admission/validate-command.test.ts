import { expect, test } from 'vitest'
import { aJob, anExperiment, aTemplate, messages } from './an-experiment.ts'

const bare = aTemplate({ trialSpec: aJob({ command: undefined }) })
const collecting = (kind: string) => ({ metricsCollectorSpec: { collector: { kind } } })
const sentence =
  'spec.trialTemplate.trialSpec: expected a command of container train, got nothing, and logs may not be read here; give a command, or use Push'

test('standard output of a program without a command is refused where logs may not be read', () => {
  expect(messages(anExperiment({ trialTemplate: bare }), { readsLogs: false })).toEqual([sentence])
  expect(messages(anExperiment({ trialTemplate: bare, ...collecting('StdOut') }), { readsLogs: false })).toEqual([
    sentence,
  ])
})

test.each([
  ['logs may be read', { trialTemplate: bare }, true],
  ['it has a command', {}, false],
  ['it pushes', { trialTemplate: bare, ...collecting('Push') }, false],
])('not where %s', (_, changes, readsLogs) => {
  expect(messages(anExperiment(changes), { readsLogs })).toEqual([])
})
