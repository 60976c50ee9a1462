import { expect, test } from 'vitest'
import { INDEX_LABEL, Trial } from '#api'
import { allowedIndexes } from '../../controller/experiment/demand.ts'
import { TrialRoll } from '../../controller/trial-roll.ts'
import { anExperiment } from '../controller/admission/an-experiment.ts'
import { explore, type ModelSize, type Rule } from '../sim/index-rule-model.ts'

const size: ModelSize = { trials: 4, parallel: 2 }

/** The rule as the controllers have it, asked with the trials that the view shows. */
const ours: Rule = ({ created, ended }, { trials, parallel }) => {
  const experiment = anExperiment({ maxTrialCount: trials, parallelTrialCount: parallel, maxFailedTrialCount: trials })
  const seen = Array.from({ length: created }, (_, i) => aTrial(i, i < ended))
  return Array.from({ length: allowedIndexes(experiment, new TrialRoll(seen)) }, (_, index) => index)
}

/** Count the active, create the difference under a fresh name. */
const naive: Rule = ({ created, ended }, { trials, parallel }) =>
  created < trials && created - ended < parallel ? 'fresh name' : []

function aTrial(index: number, hasEnded: boolean): Trial {
  return Trial.parse({
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Trial',
    metadata: { name: `tune-${index}`, labels: { [INDEX_LABEL]: String(index) } },
    status: { conditions: [{ type: hasEnded ? 'Succeeded' : 'Running', status: 'True' }] },
  })
}

test('the index rule holds both bounds in every state, whatever two controllers see', () => {
  const { states, violations } = explore(ours, size)
  expect(states).toBeGreaterThan(20)
  expect(violations).toBe(0)
})

test('counting the active and creating the difference breaks them', () => {
  expect(explore(naive, size).violations).toBeGreaterThan(0)
})
