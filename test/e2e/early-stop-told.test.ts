/** A trial that a rule stops: grace for its checkpoint, one end, one start, and its reason wherever a user looks. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Resource } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { temporaryDirectory } from '../support/qalam.ts'
import { served } from '../support/served.ts'

/** Asked to stop, it writes its checkpoint and then ends well: as one that the stop and its success meet. */
const program = (notes: string) => `
const { appendFileSync } = require('node:fs')
appendFileSync('${notes}', 'start\\n')
process.on('SIGTERM', () => {
  console.log('loss=0.05')
  appendFileSync('${notes}', 'checkpoint\\n')
  process.exit(0)
})
console.log('loss=0.1')
console.log('loss=99')
setInterval(() => {}, 1_000)`

const experiment = (script: string) =>
  programExperiment({
    name: 'told',
    command: ['node', script, X],
    spec: {
      algorithm: { algorithmName: 'grid' },
      earlyStopping: { algorithmName: 'threshold', algorithmSettings: [{ name: 'upper', value: '10' }] },
      parameters: [{ name: 'x', parameterType: 'discrete', feasibleSpace: { list: ['7'] } }],
    },
    jobSpec: { backoffLimit: 3 },
  })

test('its reason is on condition, event and REST, its checkpoint is written, and what it reported can be the best', async () => {
  using directory = temporaryDirectory()
  const notes = join(directory.path, 'notes')
  const script = join(directory.path, 'train.cjs')
  writeFileSync(notes, '')
  writeFileSync(script, program(notes))
  await using server = await served()
  const events = server.informers.of<Resource & { reason?: string; message?: string }>({
    apiVersion: 'v1',
    kind: 'Event',
  })
  await events.synced()
  const stopped = Promise.withResolvers<string>()
  events.onChange(({ object }) => object.reason === 'JobEarlyStopped' && stopped.resolve(object.message ?? ''))
  await server.client.create(experiment(script))
  const ended = await server.until('told', ({ status }) => status?.completionTime != null)
  const reason = 'its 99 at step 2 is above 10'
  expect(await stopped.promise).toContain(reason)
  const { body } = await server.rest('/namespaces/default/experiments/told/trials')
  const [row] = body.trials as { name: string; status: string; message: string; objective: number }[]
  expect(row).toMatchObject({ status: 'EarlyStopped', message: `Trial is early stopped: ${reason}`, objective: 0.05 })
  expect(ended.status?.currentOptimalTrial).toMatchObject({ bestTrialName: row.name })
  expect(ended.status).toMatchObject({ trials: 1, trialsEarlyStopped: 1 })
  expect(readFileSync(notes, 'utf8')).toBe('start\ncheckpoint\n')
})
