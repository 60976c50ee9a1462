/**
 * What every algorithm owes, whatever it is called. The suite finds each registered algorithm by itself; where one cannot
 * search a space it must refuse it by name, and the row is then about the refusal.
 */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Parameter } from '#api'
import {
  type Algorithm,
  createSpace,
  type History,
  type Problem,
  problemRefusal,
  type SuggestAnswer,
  type SuggestCall,
  searchedProblem,
  suggestFor,
  type TrialFacts,
  toHistory,
  valuesOf,
} from '#suggestion'
import {
  aCall,
  aProblem,
  aRandomProblem,
  categorical,
  double,
  everyKind,
  int,
  scored,
  tried,
} from '../suggestion/problems.ts'
import { settingsFor } from './algorithm-settings.ts'

type Score = (values: Readonly<Record<string, string>>, index: number) => number

/** Smooth over numbers, a bonus for early letters: no structure an algorithm must find, only values to learn from. */
const smooth: Score = values =>
  Object.values(values).reduce((sum, text) => {
    const x = Number(text)
    return sum + (Number.isFinite(x) ? Math.abs(Math.log10(Math.abs(x) + 0.1)) : (text.codePointAt(0) ?? 0) / 100)
  }, 0)

export function algorithmConformance(algorithm: Algorithm): void {
  const call = (problem: Problem, more: Partial<SuggestCall> = {}): SuggestCall => {
    const algorithmSpec = { algorithmName: algorithm.name, algorithmSettings: settingsFor(algorithm.name, problem) }
    return aCall(algorithm.name, problem, { algorithm: algorithmSpec, ...more })
  }
  const refused = (request: SuggestCall) => problemRefusal(request.problem, request.algorithm).length > 0

  describe(algorithm.name, () => {
    test('points lie in 60 random spaces and on their grids, are new, and repeat for the same seed', () => {
      for (let seed = 1; seed <= 60; seed++) {
        const problem = aRandomProblem(seed)
        const request = call(problem, { seed })
        if (refused(request)) continue
        const history = tried(request, 12, smooth, 1 + (seed % 3))
        const next = { ...request, history, firstIndex: history.finished.length, count: 2 }
        const answer = suggestFor(next)
        expect(suggestFor(next), `space ${seed}`).toEqual(answer)
        expectValid(answer, request, history, algorithm, `space ${seed}`)
      }
    })

    test.each(strange)('$name: a valid suggestion, a named refusal or an ended search', ({ problem, score }) => {
      const request = call(problem)
      if (refused(request)) return
      const history = tried(request, 20, score, 2)
      const answer = suggestFor({ ...request, history, firstIndex: history.finished.length, count: 3 })
      expectValid(answer, request, history, algorithm, 'after 20 trials')
      if (answer.searchEnded) expect(answer.because).toBeTruthy()
    })

    test('pending points are all different, up to a thousand of them', () => {
      const problem = aProblem([
        ...everyKind,
        double('x', { min: '-1', max: '1' }),
        double('y', { min: '-1', max: '1' }),
      ])
      const request = call(problem, { count: 8 })
      if (refused(request)) return
      const space = createSpace(problem)
      const pending = Array.from({ length: 1000 }, (_, index) => ({
        index,
        labels: {},
        point: space.snap(Float64Array.from(space.axes, (_, i) => (index * (0.137 + i * 0.0711)) % 1)),
      }))
      const history: History = { finished: [], pending }
      expectValid(suggestFor({ ...request, history, firstIndex: 1000 }), request, history, algorithm, '1,000 pending')
      const known = tried(request, 15, smooth, 4)
      const crowd = { finished: known.finished, pending: pending.map(trial => ({ ...trial, index: trial.index + 15 })) }
      const next = { ...request, history: crowd, firstIndex: 1015 }
      expectValid(suggestFor(next), request, crowd, algorithm, '1,000 pending after 15 trials')
    })

    test.each([0, 12])('64 asks for one point each, none with a result, after %d trials: all different', known => {
      const problem = aProblem([...everyKind, double('x', { min: '-1', max: '1' })])
      const request = call(problem)
      if (refused(request)) return
      const { finished } = tried(request, known, smooth)
      const space = createSpace(searchedProblem(problem, request.algorithm))
      const pending: History['pending'][number][] = []
      for (let i = 0; i < 64; i++) {
        const answer = suggestFor({ ...request, history: { finished, pending }, firstIndex: known + i })
        // Fewer than asked: it waits for trials in flight.
        for (const assignment of answer.assignments) pending.push(scored(space, assignment, () => 0))
      }
      expect(pending.length).toBeGreaterThan(0)
      if (algorithm.repeats) return
      expect(new Set(pending.map(({ point }) => space.keyOf(point))).size).toBe(64)
    })

    test('the order in which trials of one batch end changes nothing', () => {
      const request = call(aProblem(everyKind))
      if (refused(request)) return
      const { finished } = tried(request, 16, smooth, 4)
      const batch = finished.slice(12)
      const ask = (last: typeof batch) =>
        suggestFor({
          ...request,
          history: { finished: [...finished.slice(0, 12), ...last], pending: [] },
          firstIndex: 16,
        })
      expect(ask(batch.toReversed())).toEqual(ask(batch))
      expect(ask([batch[2], batch[0], batch[3], batch[1]])).toEqual(ask(batch))
    })

    test('every value of a small space is met, both ends among them', () => {
      const problem = aProblem([int('n', { min: '1', max: '4' }), categorical('c', ['a', 'b', 'c'])])
      const request = call(problem, { count: 4 })
      if (refused(request)) return
      const space = createSpace(searchedProblem(problem, request.algorithm))
      const history = tried(request, 12, smooth, 4)
      const met = history.finished.map(({ point }) => valuesOf(space.toAssignments(point)))
      if (!algorithm.repeats) expect(new Set(met.map(({ n, c }) => n + c)).size).toBe(12)
      // Where one number is the resource, its values are the rungs.
      expect(new Set(met.map(({ c }) => c)).size).toBe(3)
    })

    test('one trial, and a trial that was run twice with other results', () => {
      const problem = aProblem(everyKind)
      const request = call(problem)
      if (refused(request)) return
      const one = tried(request, 1, smooth)
      expectValid(
        suggestFor({ ...request, history: one, firstIndex: 1, count: 3 }),
        request,
        one,
        algorithm,
        'one trial',
      )
      const { finished } = tried(request, 20, smooth)
      const twice = finished.flatMap((trial, i) => [
        { ...trial, index: 2 * i },
        { ...trial, index: 2 * i + 1, outcome: { is: 'completed', losses: [i % 7] } as const },
      ])
      const history = { finished: twice, pending: [] }
      const next = { ...request, history, firstIndex: twice.length, count: 3 }
      expectValid(suggestFor(next), request, history, algorithm, 'each trial twice')
    })

    test('maximise is minimise of the negative', () => {
      const request = call(aProblem(everyKind))
      if (refused(request)) return
      const space = createSpace(request.problem)
      const { finished } = tried(request, 15, smooth)
      const answers = (['minimize', 'maximize'] as const).map(type => {
        const facts = finished.map(({ index, point, labels }): TrialFacts => {
          const value = String((type === 'maximize' ? -1 : 1) * Math.sin(index * 7))
          const metrics = [{ name: 'score', min: value, max: value, latest: value }]
          return { index, phase: 'Succeeded', assignments: space.toAssignments(point), labels, metrics }
        })
        const history = toHistory(space, facts, { type, objectiveMetricName: 'score' })
        return suggestFor({ ...request, history, firstIndex: finished.length, count: 2 })
      })
      expect(answers[1]).toEqual(answers[0])
    })

    test('what an early-stopped trial reported counts as that of one that ran to its end', () => {
      const request = call(aProblem(everyKind), { count: 2 })
      if (refused(request)) return
      const { finished } = tried(request, 18, smooth, 2)
      const answer = (change: (trial: (typeof finished)[number]) => (typeof finished)[number]) =>
        suggestFor({
          ...request,
          history: { finished: finished.map(trial => (trial.index % 3 === 0 ? change(trial) : trial)), pending: [] },
          firstIndex: finished.length,
        })
      const stopped = answer(({ outcome, ...trial }) => {
        const losses = outcome.is === 'completed' ? outcome.losses : []
        return { ...trial, outcome: { is: 'stopped', losses, step: 3 } }
      })
      expect(stopped).toEqual(answer(trial => trial))
      const silent = answer(trial => ({ ...trial, outcome: { is: 'stopped' } }))
      expectValid(silent, request, { finished, pending: [] }, algorithm, 'stopped before a report')
    })

    test('the scale of the objective and the names of categories change nothing, an offset next to nothing', () => {
      const lists = [
        ['sgd', 'adam', 'rmsprop'],
        ['red', 'green', 'blue'],
      ]
      const problems = lists.map(list =>
        aProblem([...everyKind.filter(({ name }) => name !== 'optimizer'), categorical('optimizer', list)]),
      )
      const request = call(problems[0])
      if (refused(request)) return
      const { finished } = tried(request, 15, smooth)
      const next = (problem: Problem, change: (loss: number) => number) => {
        const changed = finished.map(trial => {
          const losses = trial.outcome.is === 'completed' ? trial.outcome.losses.map(change) : []
          return { ...trial, outcome: { is: 'completed', losses } as const }
        })
        const { assignments } = suggestFor({
          ...request,
          problem,
          history: { finished: changed, pending: [] },
          firstIndex: 15,
        })
        const space = createSpace(searchedProblem(problem, request.algorithm))
        return assignments.flatMap(assignment => [...scored(space, assignment, () => 0).point])
      }
      const plain = next(problems[0], loss => loss)
      expect(next(problems[0], loss => 8 * loss)).toEqual(plain)
      expect(next(problems[1], loss => loss)).toEqual(plain)
      for (const [i, u] of next(problems[0], loss => loss - 16).entries())
        expect(Math.abs(u - plain[i])).toBeLessThan(0.02)
    })

    test('the same in another process, after other questions', { timeout: 20_000 }, () => {
      const request = call(aProblem(everyKind), { seed: 'other-process' })
      if (refused(request)) return
      const history = tried(request, 14, smooth)
      suggestFor({ ...request, seed: 99 })
      const asked = { ...request, history, firstIndex: history.finished.length, count: 2 }
      const program = `
        import { suggestFor } from '#suggestion'
        const asked = JSON.parse(process.argv[1])
        const point = values => Float64Array.from(Object.values(values))
        asked.history = {
          finished: asked.history.finished.map(trial => ({ ...trial, point: point(trial.point) })),
          pending: asked.history.pending.map(trial => ({ ...trial, point: point(trial.point) })),
        }
        console.log(JSON.stringify(suggestFor(asked)))`
      const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(asked)], {
        encoding: 'utf8',
      })
      expect(JSON.parse(output)).toEqual(JSON.parse(JSON.stringify(suggestFor(asked))))
    })

    test('a setting of another name and an unparsable seed are refused with the names that exist', () => {
      const settings = [
        ...settingsFor(algorithm.name, aProblem(everyKind)),
        { name: 'no_such_setting', value: '1' },
        { name: 'random_state', value: 'x' },
      ]
      const messages = problemRefusal(aProblem(everyKind), {
        algorithmName: algorithm.name,
        algorithmSettings: settings,
      }).map(({ message }) => message)
      expect(messages.some(message => /unknown setting no_such_setting.*known: .*random_state/.test(message))).toBe(
        true,
      )
      expect(messages.some(message => /failed to validate random_state\(x\)/.test(message))).toBe(true)
    })

    test('constraints and initial trials hold', () => {
      const problem = aProblem(
        [double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1', step: '0.05' })],
        {
          initialTrials: [{ x: '0.125', y: '0.05' }, { x: '0.25' }],
        },
      )
      const request = call(problem, { feasible: values => Number(values.x) + Number(values.y) <= 0.8, count: 4 })
      if (refused(request)) return
      const first = suggestFor(request)
      expect(valuesOf(first.assignments[0].parameterAssignments)).toMatchObject({ x: '0.125', y: '0.05' })
      expect(valuesOf(first.assignments[1].parameterAssignments)).toMatchObject({ x: '0.25' })
      const history = tried(request, 25, smooth)
      const space = createSpace(problem)
      for (const trial of history.finished) {
        const { x, y } = valuesOf(space.toAssignments(trial.point))
        expect(Number(x) + Number(y)).toBeLessThanOrEqual(0.8)
      }
    })
  })
}

function expectValid(
  answer: SuggestAnswer,
  request: SuggestCall,
  history: History,
  algorithm: Algorithm,
  what: string,
): void {
  const problem = searchedProblem(request.problem, request.algorithm)
  const space = createSpace(problem)
  const seen = new Set([...history.finished, ...history.pending].map(trial => space.keyOf(trial.point)))
  for (const assignment of answer.assignments) {
    const values = valuesOf(assignment.parameterAssignments)
    expect(Object.keys(values), what).toEqual(problem.parameters.map(({ name }) => name))
    for (const parameter of problem.parameters) expectFeasible(parameter, values[parameter.name], what)
    const { point } = scored(space, assignment, () => 0)
    if (!algorithm.repeats)
      expect(seen.has(space.keyOf(point)), `${what}: ${JSON.stringify(values)} is new`).toBe(false)
    seen.add(space.keyOf(point))
    for (const [key, label] of Object.entries(assignment.labels)) {
      expect(key, what).toMatch(/^([a-z0-9.-]+\/)?[a-z0-9]([-a-z0-9_.]*[a-z0-9])?$/)
      expect(label.length, what).toBeLessThanOrEqual(63)
    }
  }
}

/** Read from the parameter as a user wrote it, not through the space that made the value. */
function expectFeasible({ name, parameterType, feasibleSpace }: Parameter, text: string, what: string): void {
  const { min, max, step, list } = feasibleSpace
  if (list) return void expect(list, what).toContain(text)
  const x = Number(text)
  expect(x, `${what}: ${name}`).toBeGreaterThanOrEqual(Number(min))
  expect(x, `${what}: ${name}`).toBeLessThanOrEqual(Number(max))
  const width = Number(step ?? (parameterType === 'int' ? 1 : Number.NaN))
  if (Number.isNaN(width) || Number(max) > 2 ** 50) return
  const steps = (x - Number(min)) / width
  expect(Math.abs(steps - Math.round(steps)), `${what}: ${name} = ${text} on the grid`).toBeLessThan(1e-6)
}

const plain = aProblem(everyKind)
const strange: { name: string; problem: Problem; score: Score }[] = [
  { name: 'all equal', problem: plain, score: () => 1 },
  { name: 'all failed', problem: plain, score: () => Number.NaN },
  {
    name: 'every second failed',
    problem: plain,
    score: (values, index) => (index % 2 ? Number.NaN : smooth(values, index)),
  },
  { name: 'one huge', problem: plain, score: (values, index) => (index === 5 ? 1e308 : smooth(values, index)) },
  { name: 'all huge', problem: plain, score: (_, index) => 1e308 - index * 1e306 },
  { name: 'all but one equal', problem: plain, score: (_, index) => (index === 7 ? 0 : 1) },
  { name: 'differences below what a double holds', problem: plain, score: (_, index) => 1 + index * 2 ** -52 },
  { name: 'both huge signs', problem: plain, score: (_, index) => (index % 2 ? 1e308 : -1e308) },
  {
    name: 'single-valued parameters',
    problem: aProblem([double('x', { min: '1', max: '1' }), categorical('c', ['only'])]),
    score: smooth,
  },
  {
    name: 'one parameter fixed, one free',
    problem: aProblem([int('n', { min: '3', max: '3' }), double('x', { min: '0', max: '1' })]),
    score: smooth,
  },
  { name: 'a range of 2^53', problem: aProblem([int('n', { min: '0', max: '9007199254740991' })]), score: smooth },
  {
    name: 'doubles of the widest range',
    problem: aProblem([
      double('x', { min: '-1e308', max: '1e308' }),
      double('y', { min: '1e-300', max: '1e300', distribution: 'logUniform' }),
    ]),
    score: smooth,
  },
  {
    name: 'a finite space smaller than the budget',
    problem: aProblem([categorical('c', ['a', 'b']), int('n', { min: '0', max: '3' })]),
    score: smooth,
  },
  {
    name: 'a hundred lists',
    problem: aProblem(Array.from({ length: 100 }, (_, i) => categorical(`c${i}`, ['a', 'b', 'c']))),
    score: smooth,
  },
  {
    name: 'integers around 2^53, on a scale of logarithms',
    problem: aProblem([int('n', { min: '1', max: '9007199254740991', distribution: 'logUniform' })]),
    score: smooth,
  },
  {
    name: 'a hundred parameters',
    problem: aProblem(Array.from({ length: 100 }, (_, i) => double(`x${i}`, { min: '0', max: '1' }))),
    score: smooth,
  },
]
