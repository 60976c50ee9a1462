import { describe, expect, test } from 'vitest'
import { type Objective, parseStopRule, StopRules } from '../../collector/stopping/stop-rules.ts'
import { Pod } from './pod.ts'

const minimize: Objective = { name: 'loss', type: 'minimize' }
const maximize: Objective = { name: 'accuracy', type: 'maximize' }

/** At which report, counted from 1, all rules had held. */
function stopsAt(objective: Objective, rules: readonly string[], reports: readonly string[]): number | undefined {
  const watched = new StopRules(rules.map(parseStopRule), objective)
  const at = reports.findIndex(report => {
    const [metricName, value] = report.split('=')
    return watched.sees({ metricName, value })
  })
  return at < 0 ? undefined : at + 1
}

const losses = (...values: readonly (number | string)[]) => values.map(value => `loss=${value}`)

describe('Katib’s stopping rules', () => {
  const rows: { name: string; objective?: Objective; rules: string[]; reports: string[]; at: number | undefined }[] = [
    {
      name: 'a start step is the report it is tested at',
      rules: ['loss;0.5;greater;3'],
      reports: losses(0.9, 0.7, 0.6),
      at: 3,
    },
    {
      name: 'tested once: a later value does not count',
      rules: ['loss;0.5;greater;3'],
      reports: losses(0.9, 0.7, 0.4, 0.9),
      at: undefined,
    },
    {
      name: 'the objective counts by its best so far',
      rules: ['loss;0.5;greater;3'],
      reports: losses(0.1, 0.9, 0.9),
      at: undefined,
    },
    {
      name: 'start step 0 is tested at every report',
      rules: ['loss;0.5;less;0'],
      reports: losses(0.9, 0.7, 0.4),
      at: 3,
    },
    {
      name: 'maximize keeps the greatest',
      objective: maximize,
      rules: ['accuracy;0.5;less;2'],
      reports: ['accuracy=0.6', 'accuracy=0.1'],
      at: undefined,
    },
    {
      name: 'another metric counts by its value now',
      rules: ['time;5;greater;0'],
      reports: ['time=9', 'time=1'],
      at: 1,
    },
    { name: 'equal', rules: ['time;5;equal;0'], reports: ['time=4', 'time=5.0'], at: 2 },
    {
      name: 'all rules must have held, whenever each did',
      rules: ['time;5;greater;0', 'loss;1;less;0'],
      reports: ['time=9', 'time=1', 'loss=0.5'],
      at: 3,
    },
    {
      name: 'NaN holds for nothing and is no best',
      rules: ['loss;0.5;greater;0'],
      reports: losses('NaN', 0.1),
      at: undefined,
    },
    {
      name: 'metrics without a rule are passed over',
      rules: ['loss;0.5;greater;1'],
      reports: ['other=9', 'loss=0.9'],
      at: 2,
    },
  ]
  test.each(rows)('$name', ({ objective = minimize, rules, reports, at }) => {
    expect(stopsAt(objective, rules, reports)).toBe(at)
  })

  test.each(['loss;0.5;greater', 'loss;x;less;0', ';1;less;0', 'loss;1;below;0', 'loss;1;less;-1', 'loss;1;less;0;0'])(
    '%s is refused with what is expected',
    rule => {
      expect(() => parseStopRule(rule)).toThrow('expected -stop-rule NAME;VALUE;COMPARISON;START_STEP')
    },
  )
})

test('the trial is marked when its values are durable and before anything is stopped, once, and its last values are reported', async () => {
  using pod = new Pod()
  const marks: number[] = []
  pod.print('loss=0.9\nloss=0.8\nloss=0.7\n')
  const done = pod.start({
    stopRules: ['loss;0.5;greater;2'],
    onStopRules: async () => void marks.push(pod.all.length),
  })
  await pod.clock.pass(1_000)
  pod.print('loss=0.6\n')
  await pod.clock.pass(1_000)
  pod.end()
  expect(await done).toBe(0)
  expect(marks, 'all that was seen is durable by then').toEqual([3])
  expect(pod.values).toEqual(['loss=0.9', 'loss=0.8', 'loss=0.7', 'loss=0.6'])
  expect(pod.log).toContain('all stopping rules have held: the program is not seen from here, its job is stopped')
})
