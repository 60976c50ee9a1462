import { describe, expect, test } from 'vitest'
import type { Objective, Trial } from '#api'
import { streamOf } from '#numerics'
import { type Leaders, leading, optimum } from '../../controller/experiment/optimal.ts'
import { TrialRoll } from '../../controller/trial-roll.ts'
import { indexOf, isTerminal, phaseOf } from '../../controller/trial-state.ts'
import { aTrial } from '../support/builders.ts'

const minimize: Objective = { type: 'minimize', objectiveMetricName: 'loss' }
const maximize: Objective = { type: 'maximize', objectiveMetricName: 'loss' }

/** What a roll says, and what the plain list of its Trials says. */
function said(roll: TrialRoll, objective: Objective) {
  const trials = [...roll]
  return {
    roll: [
      roll.length,
      roll.endedCount,
      roll.count('Failed', 'MetricsUnavailable'),
      roll.newest('Succeeded', 3).map(indexOf),
      roll.optimal(objective)?.trial.metadata.name,
      roll.at(7)?.metadata.resourceVersion,
    ],
    list: [
      trials.length,
      trials.filter(isTerminal).length,
      trials.filter(trial => ['Failed', 'MetricsUnavailable'].includes(phaseOf(trial))).length,
      trials
        .filter(trial => phaseOf(trial) === 'Succeeded')
        .slice(-3)
        .map(indexOf),
      bestOf(trials, objective)?.metadata.name,
      trials.find(trial => indexOf(trial) === 7)?.metadata.resourceVersion,
    ],
  }
}

function bestOf(trials: readonly Trial[], objective: Objective): Trial | undefined {
  const leaders = trials.filter(isTerminal).reduce<Leaders>((all, trial) => leading(all, trial, objective), {})
  return optimum(leaders)?.trial
}

describe('a roll of trials', () => {
  test.each([1, 2, 3, 4, 5])('says at every step what its plain list says (seed %i)', seed => {
    const random = streamOf(seed, 'roll', 0)
    const roll = new TrialRoll()
    const present = new Map<number, Trial>()
    for (let step = 0; step < 300; step++) {
      const index = Math.floor(random.uniform() * 20)
      const old = present.get(index)
      if (old) roll.remove(old)
      present.delete(index)
      if (!old || random.uniform() < 0.8) {
        const phase = ['Running', 'Succeeded', 'Failed', 'EarlyStopped'][Math.floor(random.uniform() * 4)]
        const trial = aTrial(index, phase, String(Math.floor(random.uniform() * 5)), { resourceVersion: String(step) })
        roll.insert(trial)
        present.set(index, trial)
      }
      const { roll: told, list } = said(roll, random.uniform() < 0.9 ? minimize : maximize)
      expect(told).toEqual(list)
    }
  })

  test('is in the order of indexes, with Trials that have none first', () => {
    const katibs = aTrial(3, 'Succeeded', '1', { name: 'older', labels: {} })
    const roll = new TrialRoll([aTrial(10), aTrial(9), katibs])
    expect([...roll].map(indexOf)).toEqual([undefined, 9, 10])
    expect(roll.at(3)).toBeUndefined()
  })
})
