import { describe, expect, test } from 'vitest'
import {
  createSpace,
  type FinishedTrial,
  mayContinueFrom,
  problemRefusal,
  searchedProblem,
  suggestFor,
  valuesOf,
} from '#suggestion'
import { bracketSizes, deepestBracket } from '../../suggestion/hyperband/rungs.ts'
import { aCall, aProblem, double, int, scored } from './problems.ts'

const problem = aProblem([double('x', { min: '0', max: '1' }), int('epochs', { min: '1', max: '81' })])
const space = createSpace(problem)

function callOf(name: string, seed = 1, r_l = '81') {
  const algorithmSettings = Object.entries({ r_l, resource_name: 'epochs', eta: '3' }).map(([key, value]) => ({
    name: key,
    value,
  }))
  return aCall(name, problem, { algorithm: { algorithmName: name, algorithmSettings }, seed })
}

/** Nearer to 0.3 is better, and more so after more epochs. */
const loss = (values: Readonly<Record<string, string>>) => Math.abs(Number(values.x) - 0.3) + 1 / Number(values.epochs)

/** A cluster: every worker takes one suggestion at a time; a trial lasts as many ticks as it has epochs. */
function simulate(
  name: string,
  workers: number,
  trialCount: number,
  seed = 1,
  fails: (index: number) => boolean = () => false,
) {
  const finished: FinishedTrial[] = []
  let running: { trial: FinishedTrial; ends: number }[] = []
  let [now, asked, idleTicks] = [0, 0, 0]
  while (finished.length < trialCount) {
    while (running.length < workers && asked < trialCount) {
      const pending = running.map(({ trial }) => trial)
      const answer = suggestFor({ ...callOf(name, seed), history: { finished, pending }, firstIndex: asked, count: 1 })
      if (answer.assignments.length === 0) {
        idleTicks++
        break
      }
      const [assignment] = answer.assignments
      const epochs = Number(valuesOf(assignment.parameterAssignments).epochs)
      const trial = scored(space, assignment, values => (fails(assignment.index) ? Number.NaN : loss(values)))
      running.push({ trial, ends: now + epochs })
      asked++
    }
    now = Math.min(...running.map(({ ends }) => ends))
    for (const { trial } of running.filter(({ ends }) => ends === now)) finished.push(trial)
    running = running.filter(entry => entry.ends > now)
  }
  return { finished, idleTicks }
}

const labelOf = (trial: FinishedTrial, name: string) => Number(trial.labels?.[`qalam.dev/${name}`] ?? Number.NaN)
const epochsOf = (trial: FinishedTrial) => Number(valuesOf(space.toAssignments(trial.point)).epochs)
const xOf = (trial: FinishedTrial) => trial.point[0]

test("the paper's table for R = 81, eta = 3, and s_max without logarithms", () => {
  expect([4, 3, 2, 1, 0].map(s => bracketSizes(s, 4, 3))).toEqual([
    [81, 27, 9, 3, 1],
    [34, 11, 3, 1],
    [15, 5, 1],
    [8, 2],
    [5],
  ])
  expect(deepestBracket(1, 243, 3)).toBe(5)
  expect(deepestBracket(1, 242, 3)).toBe(4)
  expect(deepestBracket(1, 1, 3)).toBe(0)
})

describe.each([1, 4, 32])('hyperband with %d workers', workers => {
  const { finished, idleTicks } = simulate('hyperband', workers, 206)

  test('every bracket and rung has the trials and the epochs of the table, nobody waits', () => {
    const sizes = [[81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]]
    for (const [bracket, rungs] of sizes.entries()) {
      for (const [rung, size] of rungs.entries()) {
        const members = finished.filter(
          trial => labelOf(trial, 'bracket') === bracket && labelOf(trial, 'rung') === rung,
        )
        if (workers === 1) expect(members.length, `bracket ${bracket} rung ${rung}`).toBe(size)
        else expect(members.length).toBeLessThanOrEqual(size)
        for (const member of members) expect(epochsOf(member)).toBe(3 ** (bracket + rung))
      }
    }
    expect(idleTicks).toBe(0)
  })

  test('a promotion has its parent’s values, and the parent was among the best', () => {
    for (const trial of finished.filter(candidate => !Number.isNaN(labelOf(candidate, 'parent')))) {
      const parent = finished.find(({ index }) => index === labelOf(trial, 'parent'))!
      expect(xOf(trial)).toBe(xOf(parent))
      expect(epochsOf(trial)).toBe(3 * epochsOf(parent))
    }
  })
})

test('hyperband goes on over failed trials: a failed one is never promoted', () => {
  const { finished } = simulate('hyperband', 4, 150, 2, index => index % 3 === 0)
  const failed = new Set(finished.filter(({ outcome }) => outcome.is === 'failed').map(({ index }) => index))
  const parents = finished.map(trial => labelOf(trial, 'parent')).filter(parent => !Number.isNaN(parent))
  expect(parents.length).toBeGreaterThan(10)
  expect(parents.some(parent => failed.has(parent))).toBe(false)
})

test.each(['hyperband', 'asha', 'bohb'])('%s: whatever is promoted next was among those that may be', name => {
  const { finished } = simulate(name, 4, 120)
  const { algorithm } = callOf(name)
  const smallest = Math.min(
    ...finished.flatMap((trial, i) => {
      const parent = labelOf(trial, 'parent')
      // A trial that goes on was asked for when those before it had ended, but for three in flight.
      const before = finished.slice(0, i).filter(({ index }) => index < trial.index)
      if (Number.isNaN(parent)) return []
      const siblings = before.filter(other => labelOf(other, 'parent') !== parent)
      const open = mayContinueFrom(problem, algorithm, { finished: siblings, pending: [] })
      expect(open.has(parent), `trial ${trial.index} from ${parent}`).toBe(true)
      return [open.size / before.length]
    }),
  )
  expect(smallest).toBeLessThan(0.9)
})

test('a trial goes on from its parent under the name of its Trial, where it has one', () => {
  const finished = simulate('asha', 1, 3).finished.map(trial => ({ ...trial, name: `e-${trial.index}` }))
  const [next] = suggestFor({ ...callOf('asha'), history: { finished, pending: [] }, firstIndex: 3 }).assignments
  expect(next.labels['qalam.dev/parent-trial']).toBe(`e-${next.labels['qalam.dev/parent']}`)
  expect(next.because).toBe(
    `goes on from trial ${next.labels['qalam.dev/parent']}, which is among the best of rung 0, with more of the resource`,
  )
})

describe('asha', () => {
  test('nobody waits, about a third is promoted, no trial twice', () => {
    const { finished, idleTicks } = simulate('asha', 32, 300)
    expect(idleTicks).toBe(0)
    for (let rung = 0; rung < 4; rung++) {
      const members = finished.filter(trial => labelOf(trial, 'rung') === rung)
      const promoted = finished.filter(trial => labelOf(trial, 'rung') === rung + 1)
      // Later results may change who is among the best, and promotions are not undone.
      expect(promoted.length).toBeLessThanOrEqual(1 + members.length * 0.45)
      expect(new Set(promoted.map(trial => labelOf(trial, 'parent'))).size).toBe(promoted.length)
    }
  })

  test('script: three ended trials promote the best of them, a later better one goes next', () => {
    const call = callOf('asha')
    const at = (index: number, x: string, rung: string, score: number): FinishedTrial => ({
      index,
      point: space.toPoint({ x, epochs: '1' })!,
      labels: { 'qalam.dev/bracket': '0', 'qalam.dev/rung': rung },
      outcome: { is: 'completed', losses: [score] },
    })
    const two = [at(0, '0.1', '0', 3), at(1, '0.2', '0', 1)]
    const three = [...two, at(2, '0.3', '0', 2)]
    const next = (finished: FinishedTrial[], pending: FinishedTrial[] = []) =>
      suggestFor({ ...call, history: { finished, pending }, firstIndex: 9 }).assignments[0]
    expect(next(two).labels).toEqual({ 'qalam.dev/bracket': '0', 'qalam.dev/rung': '0' })
    expect(next(three).labels['qalam.dev/parent']).toBe('1')
    expect(valuesOf(next(three).parameterAssignments)).toEqual({ x: '0.2', epochs: '3' })
    const promoted = { ...at(3, '0.2', '1', 1), labels: { ...at(3, '0.2', '1', 1).labels, 'qalam.dev/parent': '1' } }
    expect(next(three, [promoted]).labels['qalam.dev/rung']).toBe('0')
    expect(next([...three, at(4, '0.31', '0', 0.5)], [promoted]).labels['qalam.dev/parent']).toBe('4')
  })
})

test('bohb draws at random until one resource has enough trials, then finds better places', () => {
  const early = (name: string) => simulate(name, 1, 5, 3).finished.map(xOf)
  expect(early('bohb')).not.toEqual([])
  const spread = (name: string) => {
    const fresh = simulate(name, 4, 150, 3)
      .finished.filter(trial => Number.isNaN(labelOf(trial, 'parent')))
      .slice(60)
    return fresh.reduce((sum, trial) => sum + Math.abs(xOf(trial) - 0.3), 0) / fresh.length
  }
  expect(spread('bohb')).toBeLessThan(0.8 * spread('hyperband'))
})

test('the resource reaches r_l past its bounds, as in the example of Katib', () => {
  const narrow = aProblem([double('lr', { min: '0', max: '1' }), int('epochs', { min: '1', max: '1' })])
  const call = { ...callOf('hyperband', 1, '9'), problem: narrow, count: 13 }
  const searched = createSpace(searchedProblem(narrow, call.algorithm))
  const first = suggestFor(call).assignments.slice(0, 9)
  const finished = first.map(assignment => scored(searched, assignment, ({ lr }) => Number(lr)))
  const answer = suggestFor({ ...call, history: { finished, pending: [] }, firstIndex: 9, count: 3 })
  expect(answer.assignments.map(({ parameterAssignments }) => valuesOf(parameterAssignments).epochs)).toEqual([
    '3',
    '3',
    '3',
  ])
})

test.each([
  [{ r_l: '81' }, /needs the setting resource_name/],
  [{ r_l: '81', resource_name: 'width' }, /resource_name must be a parameter \(x, epochs\), got "width"/],
  [{ r_l: '0.5', resource_name: 'epochs' }, /r_l must not be below the minimum of "epochs" \(1\), got 0.5/],
  [{ r_l: 'many', resource_name: 'epochs' }, /failed to validate r_l\(many\)/],
])('refuses %o', (settings, message) => {
  const algorithmSettings = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const refusal = problemRefusal(problem, { algorithmName: 'hyperband', algorithmSettings })
  expect(refusal.map(problemFound => problemFound.message).join()).toMatch(message)
})
