import { expect, test } from 'vitest'
import { type Trial, whyNeverBest } from '#api'
import { aTrial } from '../support/builders.ts'

const rows: readonly [says: string | undefined, trial: Trial][] = [
  ['"loss" ended as NaN, which can never be the best', aTrial(0, 'Succeeded', 'NaN')],
  ['"loss" ended as -inf', aTrial(0, 'Succeeded', '-inf')],
  ['"loss" ended as 1,234.5', aTrial(0, 'EarlyStopped', '1,234.5')],
  ['Metrics are not available', aTrial(0, 'MetricsUnavailable')],
  [undefined, aTrial(0, 'Succeeded', '0.5')],
  [undefined, aTrial(0, 'Succeeded', 'Genotype(normal=[sep_conv_3x3])')],
  [undefined, aTrial(0, 'Failed', 'nan')],
  [undefined, aTrial(0, 'Running', 'nan')],
]

test.each(rows)('why a trial can never be the best: %s', (says, trial) => {
  const told = whyNeverBest(trial)
  if (says === undefined) expect(told).toBeUndefined()
  else expect(told).toContain(says)
})
