import { expect, test } from 'vitest'
import { createSpace, type History, suggestFor } from '#suggestion'
import { choose, type Situation } from '../../suggestion/auto/choose.ts'
import { aCall, aProblem, categorical, double, everyKind, int, scored, tried } from './problems.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => double(`x${i}`, { min: '0', max: '1' }))
const names = (count: number) => Array.from({ length: count }, (_, i) => String.fromCodePoint(97 + i))

const rows: {
  name: string
  parameters: Parameters<typeof aProblem>[0]
  more?: Partial<Situation>
  model: string
  because: RegExp
}[] = [
  {
    name: 'a small grid',
    parameters: [int('n', { min: '1', max: '50' })],
    model: 'grid',
    because: /50 points and the budget is 100/,
  },
  {
    name: 'numbers, few trials',
    parameters: numbers(5),
    model: 'bayesianoptimization',
    because: /5 parameters and 40 ended/,
  },
  { name: 'mixed', parameters: everyKind, model: 'bayesianoptimization', because: /5 parameters/ },
  {
    name: 'a process that cannot predict',
    parameters: numbers(5),
    more: { correlation: () => 0.1 },
    model: 'multivariate-tpe',
    because: /by 0.10 alone/,
  },
  {
    name: 'a long list',
    parameters: [...numbers(2), categorical('c', names(26))],
    model: 'multivariate-tpe',
    because: /26 names/,
  },
  { name: 'many numbers', parameters: numbers(30), model: 'multivariate-tpe', because: /30 parameters/ },
  { name: 'many trials', parameters: numbers(5), more: { finishedCount: 300 }, model: 'cmaes', because: /300 trials/ },
  {
    name: 'many trials, names alone',
    parameters: [categorical('a', names(9)), categorical('b', names(9)), categorical('c', names(9))],
    more: { finishedCount: 300 },
    model: 'multivariate-tpe',
    because: /0 of 3/,
  },
  {
    name: 'many in flight, every fourth',
    parameters: numbers(5),
    more: { pendingCount: 9, index: 43 },
    model: 'multivariate-tpe',
    because: /9 trials are in flight/,
  },
  {
    name: 'a large batch',
    parameters: numbers(5),
    more: { place: 8 },
    model: 'multivariate-tpe',
    because: /more than 8 points .* no result in between/,
  },
  {
    name: 'nothing better for long, every fourth',
    parameters: numbers(5),
    more: { sinceBest: 35, index: 43 },
    model: 'multivariate-tpe',
    because: /35 trials brought nothing/,
  },
  {
    name: 'nothing better for long, the others',
    parameters: numbers(5),
    more: { sinceBest: 35, index: 42 },
    model: 'bayesianoptimization',
    because: /ended trials/,
  },
]
test.each(rows)('$name: $model', ({ parameters, more, model, because }) => {
  const situation: Situation = {
    space: createSpace(aProblem(parameters)),
    maxTrialCount: 100,
    finishedCount: 40,
    pendingCount: 0,
    sinceBest: 3,
    index: 40,
    place: 0,
    correlation: () => 0.8,
    ...more,
  }
  const choice = choose(situation)
  expect(choice.model).toBe(model)
  expect(choice.because).toMatch(because)
})

test('the trial says which model it came from, and why', () => {
  const call = aCall('auto', aProblem(numbers(2)))
  const history = tried(call, 14, values => Number(values.x0) ** 2 + Number(values.x1))
  const [assignment] = suggestFor({ ...call, history, firstIndex: 14 }).assignments
  expect(assignment.labels['qalam.dev/model']).toBe('bayesianoptimization')
  expect(assignment.because).toBe('bayesianoptimization, as there are 2 parameters and 14 ended trials')
})

test('the model that the table names is the choice; a second opinion and the rest of a batch are none', () => {
  const problem = aProblem(everyKind)
  const history = tried(aCall('random', problem), 6, (_, index) => index % 5)
  const { choice, assignments } = suggestFor(aCall('auto', problem, { history, firstIndex: 6, count: 10 }))
  expect(choice?.model).toBe('bayesianoptimization')
  expect(new Set(assignments.map(({ labels }) => labels['qalam.dev/model']))).toContain('multivariate-tpe')
})

test('20 asks for one point each are planned like one ask for 20, and a result begins a row anew', () => {
  const problem = aProblem(numbers(3))
  const call = aCall('auto', problem)
  const space = createSpace(problem)
  const { finished } = tried(call, 12, values => Number(values.x0) + Number(values.x1) ** 2)
  const modelOf = ({ labels }: { labels?: Readonly<Record<string, string>> }) => labels?.['qalam.dev/model']
  const pending: History['finished'][number][] = []
  for (let i = 0; i < 20; i++) {
    const [one] = suggestFor({ ...call, history: { finished, pending }, firstIndex: 12 + i }).assignments
    pending.push(scored(space, one, () => 1))
  }
  const { assignments } = suggestFor({ ...call, history: { finished, pending: [] }, firstIndex: 12, count: 20 })
  expect(pending.map(modelOf)).toEqual(assignments.map(modelOf))
  expect(pending.map(modelOf).slice(8)).toEqual(new Array(12).fill('multivariate-tpe'))
  const [ended, ...others] = pending
  const later = { finished: [...finished, ended], pending: others }
  const [next] = suggestFor({ ...call, history: later, firstIndex: 32 }).assignments
  expect(modelOf(next)).toBe('bayesianoptimization')
})
