/** A program that reports without end. */
import { expect, test } from 'vitest'
import type { CollectedMetric } from '#collector'
import { sparedRows } from '../../collector/delivery/spared-rows.ts'

async function spared(values: readonly (number | string)[], allOf = 8) {
  const told: string[] = []
  async function* batches() {
    for (let at = 0; at < values.length; at += 3)
      yield values.slice(at, at + 3).map(
        (value, i): CollectedMetric => ({
          metricName: 'loss',
          value: String(value),
          sequence: at + i,
        }),
      )
  }
  const rows: CollectedMetric[] = []
  for await (const batch of sparedRows(batches(), { allOf, onSparing: name => told.push(name) })) rows.push(...batch)
  return { rows, sequences: rows.map(({ sequence }) => sequence), told }
}

test('up to the limit every value is handed on, and nobody is told', async () => {
  const { sequences, told } = await spared([3, 1, 2, 1, 1, 1, 1, 1])
  expect([sequences, told]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], []])
})

test('beyond it every second, then every fourth, and the last; it is told once', async () => {
  const { sequences, told } = await spared(Array.from({ length: 30 }, () => 1))
  expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 19, 23, 27, 29])
  expect(told).toEqual(['loss'])
})

test('values lower or higher than all before are handed on, and the last one is not handed on twice', async () => {
  const values = Array.from({ length: 32 }, (_, i) => (i === 16 ? -5 : i === 17 ? 9 : i === 18 ? 'NaN' : 1))
  const { rows, sequences } = await spared(values)
  expect(rows.filter(({ value }) => value !== '1').map(({ value }) => value)).toEqual(['-5', '9'])
  expect(sequences.filter(sequence => sequence === 31)).toHaveLength(1)
})

test('each metric counts for itself', async () => {
  async function* batches() {
    for (let i = 0; i < 12; i++)
      yield [
        { metricName: 'a', value: '1', sequence: i },
        ...(i < 3 ? [{ metricName: 'b', value: '1', sequence: i }] : []),
      ]
  }
  const names: string[] = []
  for await (const batch of sparedRows(batches(), { allOf: 4, onSparing: () => {} }))
    names.push(...batch.map(({ metricName }) => metricName))
  expect(names.filter(name => name === 'b')).toHaveLength(3)
  expect(names.filter(name => name === 'a').length).toBeLessThan(12)
})
