import { expect, test } from 'vitest'
import { causeOf, missingMetric } from '#api'
import { aTrial } from '../support/builders.ts'

function silent(message: string) {
  const trial = aTrial(0, 'MetricsUnavailable')
  return { ...trial, status: { conditions: [{ type: 'MetricsUnavailable', status: 'True', message }] } }
}

test.each([
  ['Metrics are not available: standard output is empty. Job message: Reached', 'standard output is empty'],
  ['Metrics are not available: nothing came', 'nothing came'],
  ['Metrics are not available', 'Metrics are not available'],
])('%s', (message, sentence) => {
  expect(missingMetric(silent(message))).toBe(sentence)
})

test('a trial that ended otherwise misses nothing', () => {
  expect(missingMetric(aTrial(0, 'Failed'))).toBeUndefined()
})

test.each([
  ['"loss" was never seen in 12 lines of x; print "a"', '"loss" was never seen in 1 line of x; print "b; c"', true],
  ['"loss" was never seen in 12 lines of x', 'x is empty', false],
])('one cause: %s / %s: %s', (a, b, same) => {
  expect(causeOf(a) === causeOf(b)).toBe(same)
})
