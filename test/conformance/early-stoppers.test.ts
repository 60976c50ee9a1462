import { expect, test } from 'vitest'
import { earlyStoppers } from '#earlystop'
import { type RuleCase, stopsAsPromised } from './early-stopper.ts'

const alone = 'it looks at the trial alone'
const cases: Readonly<Record<string, Omit<RuleCase, 'rule'>>> = {
  medianstop: {},
  percentile: {},
  threshold: {
    settings: { upper: '5', n_warmup_steps: '1' },
    excused: { peers: alone, units: 'its bounds are in the objective’s own units' },
  },
  patience: { settings: { patience: '3', min_delta: '0.5' }, excused: { peers: alone, units: 'so is min_delta' } },
  asha: {},
  hyperband: { settings: { max_resource: '27' } },
  wilcoxon: {},
  curve: {},
}

for (const rule of earlyStoppers.values()) stopsAsPromised({ rule, ...cases[rule.name] })

test('every rule has its case', () => {
  expect(Object.keys(cases)).toEqual([...earlyStoppers.keys()])
})
