/** Best, history and export. */
import { describe, expect, test } from 'vitest'
import { anExperiment, aTrial } from '../cluster.ts'
import { base, serving } from './serving.ts'

describe('results', () => {
  test('best: the lowest finite loss, typed parameters, and what leads', async () => {
    const { ask } = await serving(cluster => {
      cluster.trials.add(aTrial('tune', 3, 'NaN'), aTrial('tune', 4, '-Infinity'), aTrial('tune', 5, 'unavailable'))
      cluster.summaries.set('uid-tune-2', {
        attempt: 0,
        final: false,
        metrics: { loss: { min: '0.125', max: '1', latest: '0.5', count: 3 } },
      })
    })
    const { body } = await ask('GET', `${base}/tune/best`)
    expect(body).toMatchObject({ experiment: 'team-a/tune', direction: 'minimize', metric: 'loss', final: false })
    expect(body.trials).toHaveLength(1)
    expect(body.trials[0]).toMatchObject({
      name: 'tune-1',
      number: 1,
      status: 'Succeeded',
      objective: 0.25,
      parameters: { lr: 0.1, opt: '1' },
      assignments: [
        { name: 'lr', value: '0.1' },
        { name: 'opt', value: '1' },
      ],
      metrics: { loss: { min: 0.25, max: 9, latest: 5 } },
      durationSeconds: 120,
    })
    expect(body.leading).toEqual({ name: 'tune-2', number: 2, objective: 0.125 })
  })

  test('best without a usable trial: an empty list that says why', async () => {
    const { ask } = await serving(cluster => {
      cluster.experiments.add(anExperiment('empty'))
    })
    const { status, body } = await ask('GET', `${base}/empty/best`)
    expect([status, body.trials, body.reason]).toEqual([200, [], 'no trial has been created yet'])
  })

  test('history keeps the best so far; export gives every trial as CSV and JSON lines', async () => {
    const { ask } = await serving()
    const { body } = await ask('GET', `${base}/tune/history`)
    expect(body.points.map((point: { best: number }) => point.best)).toEqual([0.5, 0.25])
    const csv = await ask('GET', `${base}/tune/export`)
    expect(csv.body.split('\r\n')).toHaveLength(5)
    expect(csv.body).toMatch(/^name,number,status,objective,parameters.lr,parameters.opt,metrics.loss,/)
    const lines = (await ask('GET', `${base}/tune/export?format=jsonl`)).body.trim().split('\n')
    expect(lines.map((line: string) => JSON.parse(line).name)).toEqual(['tune-0', 'tune-1', 'tune-2'])
  })
})
