import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sink } from '#collector'
import { Spool } from '../../collector/delivery/spool.ts'
import { ManualClock } from './manual-clock.ts'

let directory: string
let path: string
let isAway: boolean
let taken: string[]
let clock: ManualClock
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'))
  path = join(directory, 'spool')
  isAway = false
  taken = []
  clock = new ManualClock()
})
afterEach(() => rmSync(directory, { recursive: true }))

const sink: Sink = {
  async report({ rows, final }) {
    if (isAway) throw new Error('the server is away')
    taken.push(...rows.map(row => row.value), ...(final ? ['final'] : []))
  },
}
const spool = (limitBytes?: number) =>
  new Spool({ path, sink, clock, onRefusal() {}, ...(limitBytes !== undefined && { limitBytes }) })
const report = (value: string, final = false) => ({
  trialUid: 'trial',
  attempt: 0,
  stream: 's',
  rows: [{ metricName: 'loss', value, sequence: Number(value) }],
  ...(final && { final }),
})

test('while the sink is there nothing is written', async () => {
  using open = spool()
  await open.report(report('1'))
  expect([taken, readFileSync(path, 'utf8')]).toEqual([['1'], ''])
})

test('what the sink refuses is kept, and delivered in order; the final waits for all of it', async () => {
  using open = spool()
  isAway = true
  await open.report(report('1'))
  await open.report(report('2'))
  let isFinal = false
  const end = open.report(report('3', true)).then(() => {
    isFinal = true
  })
  await clock.pass(5_000)
  expect([taken, isFinal]).toEqual([[], false])
  isAway = false
  await clock.pass(30_000)
  await end
  expect([taken, readFileSync(path, 'utf8')]).toEqual([['1', '2', '3', 'final'], ''])
})

test('the next start delivers what the last one kept; a report that was cut off was never taken', async () => {
  isAway = true
  {
    using first = spool()
    await first.report(report('1'))
    await first.report(report('2'))
  }
  appendFileSync(path, '{"rows":[{"val')
  isAway = false
  using second = spool()
  await second.report(report('3', true))
  expect(taken).toEqual(['1', '2', '3', 'final'])
})

test('beyond its limit a report waits for those before it', async () => {
  using open = spool(1)
  isAway = true
  await open.report(report('1'))
  let isTaken = false
  const waiting = open.report(report('2')).then(() => {
    isTaken = true
  })
  await clock.pass(1_000)
  expect(isTaken).toBe(false)
  isAway = false
  await clock.pass(30_000)
  await waiting
  expect(taken).toEqual(['1', '2'])
})
