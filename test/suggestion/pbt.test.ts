import { expect, test } from 'vitest'
import { createSpace, type FinishedTrial, mayContinueFrom, suggestFor, valuesOf } from '#suggestion'
import { perturbed } from '../../suggestion/pbt/pbt.ts'
import { aCall, aProblem, categorical, double, int, scored } from './problems.ts'

const problem = aProblem([
  double('lr', { min: '0.0001', max: '0.1' }),
  int('n', { min: '1', max: '9' }),
  categorical('c', ['a', 'b']),
])
const space = createSpace(problem)
const settings = { suggestion_trial_dir: '/opt/trial', n_population: '5', truncation_threshold: '0.4' }
const call = aCall('pbt', problem, {
  algorithm: {
    algorithmName: 'pbt',
    algorithmSettings: Object.entries(settings).map(([name, value]) => ({ name, value })),
  },
})

const lossOf = (values: Readonly<Record<string, string>>) => Math.abs(Number(values.lr) - 0.05)
const label = (trial: Pick<FinishedTrial, 'labels'>, name: string) => trial.labels?.[name]
const member = (trial: Pick<FinishedTrial, 'labels'>) => Number(label(trial, 'qalam.dev/member'))
const generation = (trial: Pick<FinishedTrial, 'labels'>) =>
  Number(label(trial, 'pbt.suggestion.katib.kubeflow.org/generation'))
const parent = (trial: Pick<FinishedTrial, 'labels'>) => label(trial, 'qalam.dev/parent')

/** One ask of five at a time, all ended before the next. */
function train(rounds: number, seed = 1): FinishedTrial[] {
  let finished: FinishedTrial[] = []
  for (let round = 0; round < rounds; round++) {
    const answer = suggestFor({
      ...call,
      seed,
      history: { finished, pending: [] },
      firstIndex: finished.length,
      count: 5,
    })
    finished = finished.concat(answer.assignments.map(assignment => scored(space, assignment, lossOf)))
  }
  return finished
}

test('five members train in step; more asks than members wait', () => {
  const trials = train(4)
  for (let round = 0; round < 4; round++) {
    const step = trials.slice(round * 5, round * 5 + 5)
    expect(step.map(member).sort()).toEqual([0, 1, 2, 3, 4])
    expect(step.every(trial => generation(trial) === round)).toBe(true)
  }
  const pending = trials.slice(15)
  const answer = suggestFor({ ...call, history: { finished: trials.slice(0, 15), pending }, firstIndex: 20, count: 3 })
  expect(answer).toEqual({ assignments: [], searchEnded: false })
})

test('names its parent by index, and by the name of its Trial under Katib’s label too', () => {
  const finished = train(1).map(trial => ({ ...trial, name: `e-${trial.index}` }))
  const { assignments } = suggestFor({ ...call, history: { finished, pending: [] }, firstIndex: 5, count: 5 })
  for (const { labels } of assignments) {
    const name = `e-${labels['qalam.dev/parent']}`
    expect(labels).toMatchObject({
      'qalam.dev/parent-trial': name,
      'pbt.suggestion.katib.kubeflow.org/parent': name,
    })
  }
})

test('the last of every member may be gone on from, and no other', () => {
  const finished = train(3)
  const latest = finished.slice(10).map(({ index }) => index)
  expect([...mayContinueFrom(problem, call.algorithm, { finished, pending: [] })].sort()).toEqual(latest.sort())
})

test('parents are winners: survivors go on from themselves unchanged, the worst from one of the best, perturbed', () => {
  const trials = train(2)
  const ranked = trials.slice(0, 5).toSorted((a, b) => loss(a) - loss(b))
  for (const trial of trials.slice(5)) {
    const own = trials.slice(0, 5).find(candidate => member(candidate) === member(trial))!
    const from = trials[Number(parent(trial))]
    if (ranked.indexOf(own) < 3) {
      expect(from).toBe(own)
      expect(trial.point).toEqual(own.point)
    } else {
      expect(ranked.slice(0, 2)).toContain(from)
      expect(trial.point).not.toEqual(from.point)
    }
  }
})

test('a failed member is replaced from a winner', () => {
  const trials = train(1)
  const broken: FinishedTrial = { ...trials[2], outcome: { is: 'failed', because: 'user' } }
  const history = { finished: trials.map(trial => (trial === trials[2] ? broken : trial)), pending: [] }
  const { assignments } = suggestFor({ ...call, history, firstIndex: 5, count: 5 })
  const next = assignments.find(assignment => member(assignment) === member(broken))!
  expect(parent(next)).not.toBe('2')
})

test('it learns: over ten populations the losses of the last step are well below those of the first', () => {
  let [first, last] = [0, 0]
  for (let seed = 1; seed <= 10; seed++) {
    const losses = train(15, seed).map(loss)
    first += losses.slice(0, 5).reduce((sum, value) => sum + value, 0)
    last += losses.slice(-5).reduce((sum, value) => sum + value, 0)
  }
  expect(last).toBeLessThan(0.6 * first)
})

test('integers never freeze, bounds hold, names wrap around', () => {
  const [lr, n, c] = space.axes
  expect(n.toText(perturbed(n, n.toUnit('1')!, true))).toBe('2')
  expect(n.toText(perturbed(n, n.toUnit('1')!, false))).toBe('1')
  expect(n.toText(perturbed(n, n.toUnit('9')!, true))).toBe('9')
  expect(Number(lr.toText(perturbed(lr, lr.toUnit('0.05')!, true)))).toBeCloseTo(0.06, 9)
  expect(lr.toText(perturbed(lr, lr.toUnit('0.1')!, true))).toBe('0.1')
  expect(c.toText(perturbed(c, c.toUnit('b')!, true))).toBe('a')
  expect(valuesOf(space.toAssignments(Float64Array.of(1, 1, 1)))).toEqual({ lr: '0.1', n: '9', c: 'b' })
})

function loss({ outcome }: FinishedTrial): number {
  return outcome.is === 'completed' ? outcome.losses[0] : Number.POSITIVE_INFINITY
}
