/** What every collector promises. An implementation names a source that it can read, and how that source says a value. */
import { describe, expect, test } from 'vitest'
import type { CollectedMetric, Collector } from '#collector'
import { ManualClock } from '../collector/manual-clock.ts'

/** One source in a directory of its own. */
export interface CollectedSource<Source> extends Disposable {
  readonly source: Source
  /** The trial reports a value, completely. */
  say(metricName: string, value: string): void
  /** The trial begins to report a value and does not get to its end. */
  sayHalf(metricName: string, value: string): void
  /** The trial says something that is no metric, in whatever bytes. */
  sayNoise(bytes: Uint8Array): void
}

export interface Conformance<Source> {
  readonly collector: Collector<Source>
  /** The source exists from the first value on. */
  open(clock: ManualClock): CollectedSource<Source>
}

export function conformsAsCollector<Source>(name: string, { collector, open }: Conformance<Source>): void {
  const wanted = new Set(['loss', 'accuracy'])

  /** Starts a collector and gathers what it yields. */
  function start(source: Source) {
    const ended = new AbortController()
    const rows: CollectedMetric[] = []
    const gather = async () => {
      for await (const batch of collector.collect(source, wanted, ended.signal)) rows.push(...structuredClone(batch))
    }
    return {
      rows,
      values: () => rows.map(row => `${row.metricName}=${row.value}`),
      done: gather(),
      end: () => ended.abort(),
    }
  }

  describe(`${name} as a collector`, () => {
    test('yields values while the trial runs, in order', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      opened.say('loss', '0.5')
      await clock.pass(10_000)
      expect(run.values()).toEqual(['loss=0.5'])
      opened.say('accuracy', '0.75')
      opened.say('loss', '0.25')
      await clock.pass(10_000)
      expect(run.values()).toEqual(['loss=0.5', 'accuracy=0.75', 'loss=0.25'])
      run.end()
      await run.done
    })

    test('looks once more after the end: what was said before it is not lost', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      opened.say('loss', '0.5')
      run.end()
      await run.done
      expect(run.values()).toEqual(['loss=0.5'])
    })

    test('a source that never came is no error', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      await clock.pass(10_000)
      run.end()
      await run.done
      expect(run.rows).toEqual([])
    })

    test('ends when the trial had ended before it began', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      opened.say('loss', '0.5')
      const ended = AbortSignal.abort()
      const values: string[] = []
      for await (const rows of collector.collect(opened.source, wanted, ended))
        values.push(...rows.map(row => row.value))
      expect(values).toEqual(['0.5'])
    })

    test('sequences grow with each value of a metric, and a second reading says the same', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const first = start(opened.source)
      for (const value of ['3', '1', '1', '2']) opened.say('loss', value)
      first.end()
      await first.done
      const sequences = first.rows.map(row => row.sequence)
      expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b))
      const second = start(opened.source)
      second.end()
      await second.done
      expect(second.rows).toEqual(first.rows)
    })

    test('only wanted metrics are yielded', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      opened.say('speed', '1')
      opened.say('loss_total', '1')
      opened.say('loss', '2')
      run.end()
      await run.done
      expect(run.values()).toEqual(['loss=2'])
    })

    test('NaN and infinities are values', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      for (const value of ['NaN', 'Infinity', '-Infinity']) opened.say('loss', value)
      run.end()
      await run.done
      expect(run.values()).toEqual(['loss=NaN', 'loss=Infinity', 'loss=-Infinity'])
    })

    test('noise of any bytes is passed over, and what follows is read', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      opened.say('loss', '1')
      opened.sayNoise(Uint8Array.from({ length: 256 }, (_, i) => i))
      opened.sayNoise(new Uint8Array(100_000).fill(0x78))
      opened.say('loss', '2')
      run.end()
      await run.done
      expect(run.values()).toEqual(['loss=1', 'loss=2'])
    })

    test('a value that is half written waits for its other half', async () => {
      const clock = new ManualClock()
      using opened = open(clock)
      const run = start(opened.source)
      opened.say('loss', '1')
      opened.sayHalf('loss', '0.125')
      await clock.pass(10_000)
      expect(run.values()).toEqual(['loss=1'])
      run.end()
      await run.done
    })
  })
}
