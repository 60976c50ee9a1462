import { expect, test } from 'vitest'
import { createSpace, type FinishedTrial, suggestFor, valuesOf } from '#suggestion'
import { aCall, aProblem, double, int, scored } from '../suggestion/problems.ts'

const problem = aProblem([double('x', { min: '0', max: '1' }), int('epochs', { min: '1', max: '81' })])
const space = createSpace(problem)
const WORKERS = 32
const loss = (values: Readonly<Record<string, string>>) => Math.abs(Number(values.x) - 0.3) + 1 / Number(values.epochs)
const isFound = (x: number) => Math.abs(x - 0.3) < 0.001

/** Ticks until a trial of all 81 epochs is that near; a trial lasts as many ticks as it has epochs. */
function ticksOfAsha(seed: number): number {
  const settings = { r_l: '81', resource_name: 'epochs' }
  const algorithmSettings = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const call = aCall('asha', problem, { algorithm: { algorithmName: 'asha', algorithmSettings }, seed })
  const finished: FinishedTrial[] = []
  let running: { trial: FinishedTrial; ends: number; epochs: number }[] = []
  for (let now = 0, asked = 0; ; ) {
    const free = WORKERS - running.length
    const history = { finished, pending: running.map(({ trial }) => trial) }
    for (const assignment of suggestFor({ ...call, history, firstIndex: asked, count: free }).assignments) {
      const epochs = Number(valuesOf(assignment.parameterAssignments).epochs)
      running.push({ trial: scored(space, assignment, loss), ends: now + epochs, epochs })
      asked++
    }
    now = Math.min(...running.map(({ ends }) => ends))
    for (const { trial, epochs, ends } of running) {
      if (ends !== now) continue
      if (epochs === 81 && isFound(trial.point[0])) return now
      finished.push(trial)
    }
    running = running.filter(({ ends }) => ends > now)
  }
}

function ticksOfFullTraining(seed: number): number {
  for (let round = 1; ; round++) {
    const call = aCall('random', problem, { seed, firstIndex: (round - 1) * WORKERS, count: WORKERS })
    const values = suggestFor(call).assignments.map(({ parameterAssignments }) => valuesOf(parameterAssignments))
    if (values.some(({ x }) => isFound(Number(x)))) return round * 81
  }
}

test('asha with 32 workers is four times as fast as full training, in the median of 7 seeds', {
  timeout: 60_000,
}, () => {
  const ratios = [1, 2, 3, 4, 5, 6, 7].map(seed => ticksOfFullTraining(seed) / ticksOfAsha(seed)).sort((a, b) => a - b)
  console.log(`full training / asha: ${ratios.map(ratio => ratio.toFixed(1)).join(', ')}`)
  expect(ratios[3]).toBeGreaterThanOrEqual(4)
})
