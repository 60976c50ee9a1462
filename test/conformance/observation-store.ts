/** What every ObservationStore owes. An implementation hands in how one is opened, empty. */
import { afterEach, describe, expect, test } from 'vitest'
import type { LearningCurve, MetricRow, ObservationStore, Report, RowFilter, StoredRow } from '#store'

type Open = (options?: { maxRows?: number }) => Promise<ObservationStore>

function aReport(values: readonly (string | number)[], more: Partial<Report> & { from?: number } = {}): Report {
  const { from = 1, ...report } = more
  const rows = values.map((value, i): MetricRow => ({ metricName: 'loss', value: String(value), sequence: from + i }))
  return { trialUid: 'trial-1', attempt: 0, stream: 'pod-1/main', rows, ...report }
}

export function observationStoreOwes(name: string, open: Open): void {
  describe(name, () => {
    const opened: ObservationStore[] = []
    const aStore: Open = async options => {
      const store = await open(options)
      opened.push(store)
      return store
    }
    afterEach(async () => {
      for (const store of opened.splice(0)) await store[Symbol.asyncDispose]()
    })

    test('of a trial that never reported nothing is known', async () => {
      const store = await aStore()
      expect(await store.append({ ...aReport([]), final: false })).toEqual({ acknowledged: -1 })
      expect(await store.summary('trial-1')).toBeUndefined()
      expect(await store.summaries(['trial-1', 'trial-2'])).toEqual(new Map())
      expect(await store.curve('trial-1', 'loss', 100)).toEqual(aCurve([], []))
      expect(await rowsOf(store, 'trial-1')).toEqual([])
      expect(await store.logTail('trial-1')).toBeUndefined()
    })

    test('the summary has the least, the greatest and the latest value as the trial wrote them', async () => {
      const store = await aStore()
      expect(await store.append(aReport(['0.50', '1e-3', '.7']))).toEqual({ acknowledged: 3 })
      expect(await store.summary('trial-1')).toEqual({
        attempt: 0,
        final: false,
        metrics: { loss: { min: '1e-3', max: '.7', latest: '.7', count: 3 } },
      })
      await store.append(aReport(['0.4', '-2'], { from: 4 }))
      expect((await store.summary('trial-1'))?.metrics.loss).toEqual({ min: '-2', max: '.7', latest: '-2', count: 5 })
    })

    test.each([
      { values: ['NaN', '1', 'Infinity', '-inf'], min: '1', max: '1', latest: '-inf' },
      { values: ['', 'abc', '1,234.5', '0x10', '1_000', '1e999'], latest: '1e999' },
      { values: ['"', '\\', '{a,"b"}', 'NULL', 'a\\"b'], latest: 'a\\"b' },
      { values: ['1.', '+2', '-.5e1', '3E-2', ' 4'], min: '-.5e1', max: '+2', latest: ' 4' },
      { values: ['10', '9', '1e1', '9.0'], min: '9', max: '10', latest: '9.0' },
    ])('of $values only finite numbers take part in min and max', async ({ values, ...expected }) => {
      const store = await aStore()
      await store.append(aReport(values))
      expect((await store.summary('trial-1'))?.metrics.loss).toEqual({ ...expected, count: values.length })
      expect((await rowsOf(store, 'trial-1')).map(row => row.value)).toEqual(values)
    })

    test('a report that is repeated, in whole, in part or in another order, changes nothing', async () => {
      const store = await aStore()
      const report = aReport([3, 1, 2], { final: true })
      await store.append(report)
      const [summary, rows] = [await store.summary('trial-1'), await rowsOf(store, 'trial-1')]
      expect(await store.append(report)).toEqual({ acknowledged: 3 })
      expect(await store.append({ ...report, rows: report.rows.slice(0, 1) })).toEqual({ acknowledged: 3 })
      expect(await store.append({ ...report, rows: report.rows.toReversed() })).toEqual({ acknowledged: 3 })
      await store.append({ ...report, rows: [...report.rows, ...report.rows] })
      expect(await store.summary('trial-1')).toEqual(summary)
      expect(await rowsOf(store, 'trial-1')).toEqual(rows)
    })

    test('reports of one stream that come at once, repeated and out of order, leave each row once, as it was first', async () => {
      const store = await aStore()
      await store.append(aReport(['1', '2'], { from: 5 }))
      const others = [
        aReport(['3', '4'], { from: 8 }),
        aReport(['3', 'other'], { from: 8 }),
        aReport(['5'], { from: 3 }),
      ]
      await Promise.all([...others, aReport(['2', 'late'], { from: 6 })].map(report => store.append(report)))
      const rows = (await rowsOf(store, 'trial-1')).map(({ sequence, value }) => [sequence, value])
      expect(rows).toEqual([3, 5, 6, 7, 8, 9].map((sequence, i) => [sequence, ['5', '1', '2', 'late', '3', '4'][i]]))
      expect((await store.summary('trial-1'))?.metrics.loss).toEqual({ min: '1', max: '5', latest: '4', count: 6 })
    })

    test('the latest value is of the greatest sequence, in whatever order reports arrive', async () => {
      const store = await aStore()
      await store.append(aReport([30], { from: 30 }))
      expect(await store.append(aReport([10], { from: 10 }))).toEqual({ acknowledged: 30 })
      expect((await store.summary('trial-1'))?.metrics.loss).toEqual({ min: '10', max: '30', latest: '30', count: 2 })
      expect((await store.curve('trial-1', 'loss', 10)).values).toEqual([10, 30])
    })

    test('lists who has something, a log alone included, page by page', async () => {
      const store = await aStore()
      for (const trialUid of ['c', 'a', 'd']) await store.append(aReport([1], { trialUid }))
      await store.append(aReport([2], { trialUid: 'a', attempt: 1 }))
      await store.putLogTail('b', 'last words')
      await store.putLogTail('a', 'last words')
      expect(await store.trialUids({ limit: 10 })).toEqual(['a', 'b', 'c', 'd'])
      expect(await store.trialUids({ limit: 2 })).toEqual(['a', 'b'])
      expect(await store.trialUids({ after: 'b', limit: 2 })).toEqual(['c', 'd'])
      expect(await store.trialUids({ after: 'd', limit: 2 })).toEqual([])
    })

    test('what is kept of gone trials is swept once they were gone for long enough, and of others stays', async () => {
      const store = await aStore()
      for (const trialUid of ['gone', 'present']) await store.append(aReport([1], { trialUid, final: true }))
      await store.putLogTail('gone', 'last words')
      expect(await store.sweep(['gone', 'unknown'], 3_600_000)).toBe(0)
      expect(await store.trialUids({ limit: 10 })).toEqual(['gone', 'present'])
      expect(await store.sweep(['gone'], 0)).toBe(1)
      expect(await store.trialUids({ limit: 10 })).toEqual(['present'])
      expect([await store.summary('gone'), await store.logTail('gone')]).toEqual([undefined, undefined])
      expect(await rowsOf(store, 'gone')).toEqual([])
      expect((await store.summary('present'))?.metrics.loss.count).toBe(1)
      // Late words of a program that was still running: it is missed anew.
      await store.append(aReport([2], { trialUid: 'gone', from: 2 }))
      expect(await store.sweep(['gone'], 3_600_000)).toBe(0)
      expect((await store.summary('gone'))?.metrics.loss.count).toBe(1)
    })

    test('metrics, streams and trials are told apart; a summary covers all streams', async () => {
      const store = await aStore()
      const both: MetricRow[] = [
        { metricName: 'loss', value: '1', sequence: 10 },
        { metricName: 'accuracy', value: '0.9', sequence: 10 },
      ]
      await store.append({ ...aReport([]), rows: both })
      await store.append({ ...aReport([]), rows: both, stream: 'pod-2/main' })
      await store.append({ ...aReport([7]), trialUid: 'trial-2' })
      expect((await store.summary('trial-1'))?.metrics).toEqual({
        loss: { min: '1', max: '1', latest: '1', count: 2 },
        accuracy: { min: '0.9', max: '0.9', latest: '0.9', count: 2 },
      })
      expect([...(await store.summaries(['trial-2', 'trial-3', 'trial-1'])).keys()].sort()).toEqual([
        'trial-1',
        'trial-2',
      ])
    })

    test('values of attempts never mix: the newest that reported counts', async () => {
      const store = await aStore()
      await store.append(aReport([1, 2], { final: true, diagnosis: 'the pod was evicted' }))
      await store.append(aReport([5], { attempt: 1 }))
      expect(await store.summary('trial-1')).toEqual({
        attempt: 1,
        final: false,
        metrics: { loss: { min: '5', max: '5', latest: '5', count: 1 } },
      })
      expect((await store.curve('trial-1', 'loss', 10)).values).toEqual([5])
      await store.append(aReport([0], { from: 9 }))
      expect((await store.summary('trial-1'))?.metrics.loss.latest).toBe('5')
      expect((await rowsOf(store, 'trial-1')).map(row => [row.attempt, row.value])).toEqual([
        [0, '1'],
        [0, '2'],
        [0, '0'],
        [1, '5'],
      ])
      expect((await rowsOf(store, 'trial-1', { attempt: 1 })).map(row => row.value)).toEqual(['5'])
    })

    test('a final without a row ends the waiting and says why', async () => {
      const store = await aStore()
      await store.append({ ...aReport([]), final: true, diagnosis: 'nothing matched\0' })
      const summary = await store.summary('trial-1')
      expect(summary).toMatchObject({ attempt: 0, final: true, metrics: {} })
      expect(summary?.diagnosis).toMatch(/^nothing matched/)
      await store.append(aReport([1]))
      expect(await store.summary('trial-1')).toMatchObject({ final: true, metrics: { loss: { count: 1 } } })
    })

    test('rows keep what was reported', async () => {
      const store = await aStore()
      const row = {
        metricName: 'loss',
        value: '0.25',
        sequence: 8_000_000_000_000,
        time: '2026-01-02T03:04:05.123456789Z',
        step: 2.5,
      }
      await store.append({ ...aReport([]), rows: [row, { metricName: 'b "\\{}\'', value: '{"x",NULL}', sequence: 0 }] })
      const [first, second] = await rowsOf(store, 'trial-1')
      expect(second).toEqual({ ...row, attempt: 0, stream: 'pod-1/main', receivedAt: expect.any(Date) })
      expect(first).toMatchObject({ metricName: 'b "\\{}\'', value: '{"x",NULL}' })
      expect('time' in first || 'step' in first).toBe(false)
      expect((await rowsOf(store, 'trial-1', { metricName: 'loss' })).length).toBe(1)
    })

    test('rows of a range of sequences', async () => {
      const store = await aStore()
      await store.append(aReport([1, 2, 3, 4], { from: 5 }))
      const values = async (from: number, to: number) =>
        (await rowsOf(store, 'trial-1', { sequences: { from, to } })).map(row => row.value)
      expect(await values(6, 8)).toEqual(['2', '3'])
      expect(await values(9, 20)).toEqual([])
    })

    test('a curve has reported steps, else the order, and keeps what is not finite', async () => {
      const store = await aStore()
      const rows: MetricRow[] = [
        { metricName: 'loss', value: '1', sequence: 1, step: 100, time: '2026-01-02T03:04:05Z' },
        { metricName: 'loss', value: 'nan', sequence: 2 },
        { metricName: 'loss', value: '-inf', sequence: 3, time: 'yesterday' },
      ]
      await store.append({ ...aReport([]), rows })
      const curve = await store.curve('trial-1', 'loss', 10)
      expect(curve).toMatchObject(aCurve([100, 2, 3], [1, Number.NaN, Number.NEGATIVE_INFINITY]))
      expect(curve.times[0]).toBe(Date.parse('2026-01-02T03:04:05Z'))
      expect(curve.times.every(Number.isFinite)).toBe(true)
    })

    test.each([100, 9_000])('a curve of %i points is down-sampled and keeps first, last, min and max', async length => {
      const store = await aStore()
      const values = Array.from({ length }, (_, i) => (i * 7919) % 1_009)
      values[Math.floor(length / 3)] = -5
      values[Math.floor(length / 2)] = 5_000
      await store.append(aReport(values))
      const curve = await store.curve('trial-1', 'loss', 20)
      expect(curve.count).toBe(length)
      expect(curve.values.length).toBeLessThanOrEqual(20)
      expect(curve.values.length).toBeGreaterThan(10)
      expect(curve.values).toEqual(curve.steps.map(step => values[step - 1]))
      expect(curve.steps).toEqual(curve.steps.toSorted((a, b) => a - b))
      expect([curve.values[0], curve.values.at(-1)]).toEqual([values[0], values.at(-1)])
      expect([Math.min(...curve.values), Math.max(...curve.values)]).toEqual([-5, 5_000])
    })

    test('beyond its cap a trial is thinned evenly, with min, max, first, last and count exact, and says so', async () => {
      const store = await aStore({ maxRows: 400 })
      const values = Array.from({ length: 1_000 }, (_, i) => (i * 7919) % 1_009)
      values[333] = -5
      for (let from = 0; from < 1_000; from += 50) await store.append(aReport(values.slice(from, from + 50), { from }))
      const summary = await store.summary('trial-1')
      expect(summary?.metrics.loss).toEqual({
        min: '-5',
        max: '1008',
        latest: String(values[999]),
        count: 1_000,
        thinned: true,
      })
      const rows = await rowsOf(store, 'trial-1')
      expect(rows.length).toBeLessThanOrEqual(450)
      expect(rows.length).toBeGreaterThanOrEqual(200)
      expect([rows[0].sequence, rows.at(-1)?.sequence]).toEqual([0, 999])
      expect(rows.map(row => Number(row.value))).toContain(-5)
      const gaps = rows.slice(1).map((row, i) => row.sequence - rows[i].sequence)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(20)
      // A step is the order among all that was reported, whatever is left of it: so are the rows after the last thinning.
      const curve = await store.curve('trial-1', 'loss', 1_000)
      expect(curve.steps).toEqual(rows.map(row => row.sequence + 1))
      const shape = await store.curve('trial-1', 'loss', 10)
      expect(shape.values).toEqual(shape.steps.map(step => values[step - 1]))
      // What was thinned away and is sent again is a repeat.
      await store.append(aReport(values.slice(0, 200), { from: 0 }))
      expect(await store.summary('trial-1')).toEqual(summary)
      expect((await rowsOf(store, 'trial-1')).length).toBe(rows.length)
    })

    test('reports of many trials that arrive together are each acknowledged and kept', async () => {
      const store = await aStore()
      const acknowledged = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          store.append({ ...aReport([i, i + 1]), trialUid: `trial-${i % 50}`, stream: `s${i}` }),
        ),
      )
      expect(acknowledged.every(answer => answer.acknowledged === 2)).toBe(true)
      const summaries = await store.summaries(Array.from({ length: 50 }, (_, i) => `trial-${i}`))
      expect(summaries.size).toBe(50)
      expect([...summaries.values()].every(summary => summary.metrics.loss.count === 8)).toBe(true)
    })

    test('changes are told soon, finals as such, to everyone who listens', async () => {
      const store = await aStore()
      const uids = Array.from({ length: 400 }, (_, i) => `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`)
      const first = hear(store, uids.length)
      const second = hear(store, uids.length)
      await Promise.all(uids.map((trialUid, i) => store.append({ ...aReport([1]), trialUid, final: i % 2 === 0 })))
      const heard = await first
      expect([...heard.keys()].sort()).toEqual(uids)
      expect(uids.map(uid => heard.get(uid))).toEqual(uids.map((_, i) => i % 2 === 0))
      expect((await second).size).toBe(uids.length)
      const silent = new AbortController()
      const none = hear(store, 1, silent.signal)
      silent.abort()
      expect((await none).size).toBeLessThanOrEqual(1)
    })

    test('a listener that was away asks for what it missed', async () => {
      const store = await aStore()
      await store.append({ ...aReport([1]), trialUid: 'before' })
      await store.append({ ...aReport([2], { final: true }), trialUid: 'ended' })
      const heard = new Map<string, boolean>()
      const enough = new AbortController()
      for await (const { trialUid, final } of store.changes(enough.signal, 600_000)) {
        heard.set(trialUid, final)
        if (heard.size === 2) await store.append({ ...aReport([3]), trialUid: 'after' })
        if (heard.size === 3) enough.abort()
      }
      expect(heard).toEqual(
        new Map([
          ['before', false],
          ['ended', true],
          ['after', false],
        ]),
      )
    })

    test('a log tail is replaced as a whole', async () => {
      const store = await aStore()
      await store.putLogTail('trial-1', 'one\n')
      await store.putLogTail('trial-1', 'two\0\t\n')
      expect(await store.logTail('trial-1')).toMatch(/^two.\t\n$/s)
    })

    test('of log tails that come at once each trial keeps its last one', async () => {
      const store = await aStore()
      const puts = ['one', 'two', 'three'].flatMap(text =>
        ['a', 'b'].map(uid => store.putLogTail(uid, `${uid} ${text}`)),
      )
      await Promise.all(puts)
      expect([await store.logTail('a'), await store.logTail('b')]).toEqual(['a three', 'b three'])
    })

    test('a deleted trial is gone, and may report anew', async () => {
      const store = await aStore()
      await store.append(aReport([1, 2, 3], { final: true }))
      await store.append({ ...aReport([4]), trialUid: 'trial-2' })
      await store.putLogTail('trial-1', 'log')
      await store.delete('trial-1')
      await store.delete('trial-1')
      expect(await store.summary('trial-1')).toBeUndefined()
      expect(await rowsOf(store, 'trial-1')).toEqual([])
      expect(await store.logTail('trial-1')).toBeUndefined()
      expect((await store.summary('trial-2'))?.metrics.loss.count).toBe(1)
      expect(await store.append(aReport([9]))).toEqual({ acknowledged: 1 })
      expect((await store.summary('trial-1'))?.metrics.loss).toEqual({ min: '9', max: '9', latest: '9', count: 1 })
    })
  })
}

function aCurve(steps: number[], values: number[]): Omit<LearningCurve, 'times'> {
  return { metricName: 'loss', steps, values, count: values.length, ...(values.length === 0 && { times: [] }) }
}

async function rowsOf(store: ObservationStore, trialUid: string, filter?: RowFilter): Promise<StoredRow[]> {
  return Array.fromAsync(store.rows(trialUid, filter))
}

/** Listens until `count` trials were heard of. */
async function hear(store: ObservationStore, count: number, signal = new AbortController().signal) {
  const heard = new Map<string, boolean>()
  for await (const { trialUid, final } of store.changes(signal)) {
    heard.set(trialUid, final || heard.get(trialUid) === true)
    if (heard.size === count) break
  }
  return heard
}
