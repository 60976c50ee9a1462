/** Stop, success and failure in every order, live: one terminal state for good, one start, and what was reported is kept. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API_VERSION, EXPERIMENT_LABEL, type Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { qalam, temporaryDirectory } from '../support/qalam.ts'
import { type Served, served } from '../support/served.ts'
import { untilFile } from '../support/until-file.ts'

/** Reports a value that the rule stops, and then does as it is told: at once, and when it is asked to stop. */
const PROGRAM = `
const { appendFileSync } = require('node:fs')
const [notes, does, asked] = process.argv.slice(2)
process.on('SIGTERM', () => {
  appendFileSync(notes, 'asked\\n')
  if (asked === 'succeeds') console.log('loss=0.05')
  if (asked !== 'ignores it') process.exit(asked === 'fails' ? 1 : 0)
})
console.log('loss=0.1')
console.log('loss=99')
appendFileSync(notes, 'start\\n')
if (does === 'succeeds') process.exit(0)
if (does === 'fails') process.exit(1)
setInterval(() => {}, 1_000)`

interface Race {
  readonly name: string
  /** Right after the value. */
  readonly does: 'goes on' | 'succeeds' | 'fails'
  readonly asked: 'succeeds' | 'fails' | 'ignores it'
  /** A user stops the experiment, running trials included, as soon as the value may have been seen. */
  readonly isStoppedByUser?: true
  /** Where either may come first. */
  readonly ends: readonly string[]
}

const races: readonly Race[] = [
  { name: 'stopped-succeeds', does: 'goes on', asked: 'succeeds', ends: ['EarlyStopped'] },
  { name: 'stopped-fails', does: 'goes on', asked: 'fails', ends: ['EarlyStopped', 'Failed'] },
  { name: 'stopped-ignores', does: 'goes on', asked: 'ignores it', ends: ['EarlyStopped'] },
  { name: 'succeeds-stopped', does: 'succeeds', asked: 'succeeds', ends: ['Succeeded', 'EarlyStopped'] },
  { name: 'fails-stopped', does: 'fails', asked: 'fails', ends: ['Failed', 'EarlyStopped'] },
  {
    name: 'stopped-killed',
    does: 'goes on',
    asked: 'succeeds',
    isStoppedByUser: true,
    ends: ['Killed', 'EarlyStopped'],
  },
]

const experiment = ({ name, does, asked }: Race, script: string, notes: string) =>
  programExperiment({
    name,
    command: ['node', script, notes, does, asked, X],
    spec: {
      earlyStopping: { algorithmName: 'threshold', algorithmSettings: [{ name: 'upper', value: '10' }] },
      maxFailedTrialCount: 1,
    },
    podSpec: { terminationGracePeriodSeconds: 2 },
  })

let server: Served
beforeAll(async () => {
  server = await served()
})
afterAll(async () => server?.[Symbol.asyncDispose]())

test.each(races)('$name: it ends $ends, once', async race => {
  using directory = temporaryDirectory()
  const [notes, script] = [join(directory.path, 'notes'), join(directory.path, 'train.cjs')]
  writeFileSync(notes, '')
  writeFileSync(script, PROGRAM)
  const seen = phasesOf(server, race.name)
  await server.client.create(experiment(race, script, notes))
  if (race.isStoppedByUser) {
    await untilFile(notes, text => text.includes('start'))
    await qalam(['stop', race.name, '--now', ...server.at])
  }
  const trial = await seen.ended
  // Whatever was still on its way has been decided when a later experiment of the same server has ended.
  const later = { ...race, name: `${race.name}-later`, does: 'succeeds' } as const
  await server.client.create(experiment(later, script, notes))
  await phasesOf(server, later.name).ended

  expect(race.ends).toContain(trial.status?.phase)
  expect(new Set(seen.terminal)).toEqual(new Set([trial.status?.phase]))
  const last = server.informers
    .of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    .get('default', trial.metadata.name)?.status
  const ends = last?.conditions?.filter(({ type, status }) => status === 'True' && ENDS.has(type))
  expect(ends?.map(({ type }) => type)).toEqual([trial.status?.phase])
  expect(last?.conditions?.find(({ type }) => type === 'Running')?.status).toBe('False')
  expect(last?.completionTime).toBe(trial.status?.completionTime)
  // A failure or a kill ends a trial with what has arrived by then.
  if (trial.status?.phase === 'EarlyStopped' || trial.status?.phase === 'Succeeded')
    expect(last?.observation?.metrics).toMatchObject([{ name: 'loss', max: '99' }])
  expect(readFileSync(notes, 'utf8').match(/^start$/gm)).toHaveLength(2)
})

const ENDS = new Set(['Succeeded', 'Failed', 'Killed', 'EarlyStopped', 'MetricsUnavailable'])

/** The terminal phases that the experiment's one trial is seen in, and its state at the first of them. */
function phasesOf({ informers }: Served, name: string) {
  const ended = Promise.withResolvers<Trial>()
  const terminal: string[] = []
  informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }).onChange(({ object }) => {
    if (object.metadata.labels?.[EXPERIMENT_LABEL] !== name) return
    const phase = object.status?.phase ?? ''
    if (!ENDS.has(phase)) return
    terminal.push(phase)
    ended.resolve(object)
  })
  return { terminal, ended: ended.promise }
}
