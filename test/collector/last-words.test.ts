/** Two minutes without a store lose nothing; where it never comes back the sums stand in the pod, and the controller reads them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverAll } from '../../collector/delivery/deliver-all.ts'
import { Spool } from '../../collector/delivery/spool.ts'
import { Evidence } from '../../collector/doctor/evidence.ts'
import { LastWords } from '../../collector/last-words.ts'
import { collectorWords } from '../../controller/trial/collector-words.ts'
import { ManualClock } from './manual-clock.ts'

let directory: string
let path: string
let clock: ManualClock
let awayUntil: number
let taken: string[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'words-'))
  path = join(directory, 'termination-log')
  writeFileSync(path, '')
  clock = new ManualClock()
  taken = []
})
afterEach(() => rmSync(directory, { recursive: true }))

const row = (value: string, sequence: number, metricName = 'loss') => ({ metricName, value, sequence })
const told = () => JSON.parse(readFileSync(path, 'utf8'))

/** The collector as the sidecar puts it together, over a store that is away until then. */
function collect(batches: readonly (readonly ReturnType<typeof row>[])[]) {
  const began = clock.now().getTime()
  const store = {
    async report({ rows, final }: { rows: readonly { value: string }[]; final?: boolean }) {
      if (clock.now().getTime() - began < awayUntil) throw new Error('the store is away')
      taken.push(...rows.map(({ value }) => value), ...(final ? ['final'] : []))
    },
  }
  const spool = new Spool({ path: join(directory, 'spool'), sink: store, clock, onRefusal() {} })
  const sink = new LastWords({ sink: spool, path, objective: 'loss' })
  async function* source() {
    yield* batches
  }
  const frame = { sink, clock, trialUid: 'uid', attempt: 0, stream: 's', log() {} }
  return deliverAll(frame, source, new Evidence('loss'), () => undefined)
}

const many = Array.from({ length: 20 }, (_, i) =>
  Array.from({ length: 100 }, (__, j) => row(`${i * 100 + j}`, i * 100 + j)),
)

test('a store that is away for two minutes misses nothing, in order, and the final last', async () => {
  awayUntil = 120_000
  const done = collect(many)
  await clock.pass(119_000)
  expect(taken).toEqual([])
  await clock.pass(60_000)
  await done
  expect(taken).toEqual([...many.flat().map(({ value }) => value), 'final'])
})

test('while it is away, and for ever, the sums are written down', async () => {
  awayUntil = Number.POSITIVE_INFINITY
  void collect([...many, [row('NaN', 5_000), row('0.5', 5_001, 'accuracy')]])
  await clock.pass(600_000)
  expect(taken).toEqual([])
  expect(told()).toEqual({ metrics: { loss: ['0', '1999', 'NaN', 2_001], accuracy: ['0.5', '0.5', '0.5', 1] } })
})

test('of a thousand metrics the objective is among those that fit into 4 KiB', async () => {
  awayUntil = 0
  const metrics = Array.from({ length: 1_000 }, (_, i) => row('0.123456789', i, `metric-${i}`))
  await Promise.all([collect([[...metrics, row('7', 1_000)]]), clock.pass(1_000)])
  expect(Buffer.byteLength(readFileSync(path))).toBeLessThanOrEqual(4_096)
  expect(Object.keys(told().metrics)[0]).toBe('loss')
  expect(Object.keys(told().metrics).length).toBeGreaterThan(50)
})

test('where no such file is, none is made', async () => {
  rmSync(path)
  awayUntil = 0
  await Promise.all([collect([[row('1', 0)]]), clock.pass(1_000)])
  expect(existsSync(path)).toBe(false)
})

const aPod = (message: string | undefined, born: string, state: object = { terminated: { message } }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: born, creationTimestamp: born },
  status: { initContainerStatuses: [{ name: 'metrics-logger-and-collector', state }] },
})

test('the controller reads what the newest pod says once its collector has ended', () => {
  const words = JSON.stringify({ metrics: { loss: ['0.1', '2', '0.5', 3], nan: [null, null, 'NaN', 1] } })
  expect(collectorWords([aPod('{}', '2026-01-02T00:00:00Z'), aPod(words, '2026-01-03T00:00:00Z')])).toEqual({
    attempt: 0,
    final: false,
    metrics: { loss: { min: '0.1', max: '2', latest: '0.5', count: 3 }, nan: { latest: 'NaN', count: 1 } },
  })
  expect(collectorWords([aPod(words, '2026-01-02T00:00:00Z', { running: {} })])).toBeUndefined()
})

test.each([
  undefined,
  '',
  'Error: out of memory',
  '[]',
  '{"metrics":{"loss":"0.1"}}',
  '{"metrics":{"loss":["1","2"]}}',
])('the words %j of something else say nothing', message => {
  expect(collectorWords([aPod(message, '2026-01-02T00:00:00Z')])).toBeUndefined()
})
