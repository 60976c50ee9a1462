import { expect, test } from 'vitest'
import { rfc3339OfSeconds, rfc3339Text } from '../../collector/log/timestamp.ts'

test.each([
  '2024-03-04T17:55:08Z',
  '2024-02-29T23:59:59.1Z',
  '2000-02-29T00:00:00.123456789+14:00',
  '2024-12-31T00:00:00-00:30',
])('%s is a time', text => {
  expect([rfc3339Text(text), Number.isFinite(Date.parse(text))]).toEqual([text, true])
})

test.each([
  '2023-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2024-04-31T00:00:00Z',
  '2024-00-01T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-00T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00.Z',
  '2024-01-01T00:00:00.1234567890Z',
  '2024-01-01T00:00:00',
  '2024-01-01T00:00:00Zx',
  '2024-01-01T00:00:00+24:00',
  '2024-01-01T00:00:00+0100',
  '2024-01-01t00:00:00Z',
  '2024/01/01T00:00:00Z',
  'x024-01-01T00:00:00Z',
])('%s is none', text => {
  expect(rfc3339Text(text)).toBeUndefined()
})

test.each([
  [0, '1970-01-01T00:00:00Z'],
  [1638422847.287801, '2021-12-02T05:27:27.287801Z'],
  [-0.5, '1969-12-31T23:59:59.5Z'],
  [253402300799, '9999-12-31T23:59:59Z'],
])('%s seconds are %s', (seconds, text) => {
  expect(rfc3339OfSeconds(seconds)).toBe(text)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, 253402300800])('%s seconds are no time', seconds => {
  expect(rfc3339OfSeconds(seconds)).toBeUndefined()
})
