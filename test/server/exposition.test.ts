import { expect, test } from 'vitest'
import { Buckets, Counts, exposition } from '../../server/rest/exposition.ts'

test('families stand apart, each sample with its labels, quotes and breaks escaped', () => {
  const counts = new Counts()
  counts.add({ namespace: 'a"b\\c\nd', status: 'Running' })
  counts.add({ namespace: 'e', status: 'Running' }, 2)
  counts.add({ namespace: 'e', status: 'Running' })
  const text = exposition([
    { name: 'trials', help: 'How many', type: 'gauge', samples: () => counts.samples() },
    { name: 'none_total', help: 'Nothing yet', type: 'counter', samples: () => [] },
  ])
  expect(text).toBe(
    [
      '# HELP trials How many',
      '# TYPE trials gauge',
      'trials{namespace="a\\"b\\\\c\\nd",status="Running"} 1',
      'trials{namespace="e",status="Running"} 3',
      '',
      '# HELP none_total Nothing yet',
      '# TYPE none_total counter',
      '',
    ].join('\n'),
  )
})

test('buckets are cumulative and end with all', () => {
  const seconds = new Buckets([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value)
  const text = exposition([{ name: 's', help: 'Seconds', type: 'histogram', samples: () => seconds.samples() }])
  expect(text.split('\n').slice(2)).toEqual([
    's_bucket{le="0.1"} 2',
    's_bucket{le="1"} 3',
    's_bucket{le="+Inf"} 4',
    's_sum 7.65',
    's_count 4',
    '',
  ])
})
