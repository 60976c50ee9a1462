import { expect, test } from 'vitest'
import type { Experiment } from '#api'
import type { Caches } from '../../../controller/caches.ts'
import type { Asker } from '../../../controller/suggestion/asker.ts'
import { readSuggestion } from '../../../controller/suggestion/read.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion } from '../../support/builders.ts'

test('an Experiment that came while no webhook was there is searched with what admission would have filled in', () => {
  const { algorithm: _, parallelTrialCount: __, ...bare } = anExperiment().spec
  const stored = { ...anExperiment(), spec: bare } as Experiment
  const asked: Experiment[] = []
  const asker = {
    answer(experiment: Experiment) {
      asked.push(experiment)
      return { is: 'asking' }
    },
  } as unknown as Asker
  const caches = {
    experiments: { get: () => stored },
    suggestions: { get: () => aSuggestion() },
    trials: { get: () => undefined },
    roster: { of: () => new TrialRoll() },
  } as unknown as Caches
  readSuggestion(caches, 'default/e', asker, () => {})
  expect(asked.map(({ spec }) => [spec.algorithm, spec.parallelTrialCount])).toEqual([[{ algorithmName: 'auto' }, 3]])
})
