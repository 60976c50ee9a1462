import { expect, test } from 'vitest'
import { lifeOf } from '../sim/life-of.ts'
import { scenarioNamed, scenarios } from '../sim/scenarios.ts'

/** Seeds of the old leader's view. */
const SEEDS = process.env.QALAM_FULL ? 20 : 1
const FIRST_SEED = Number(process.env.QALAM_SEED ?? 1)

test.each(scenarios)('beside an old leader who sees late: $name', { timeout: 3_600_000 }, async scenario => {
  const calm = await lifeOf(scenario)
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    for (const view of ['lagging', 'rewound'] as const) {
      const { findings } = await lifeOf(scenario, { view, seed, controllers: 2 }, calm)
      expect(findings, `${view}, seed ${seed}`).toEqual([])
    }
  }
})

test('an old leader makes a trial again that had ended and was deleted: it goes', async () => {
  const { findings } = await lifeOf(scenarioNamed('an ended trial is deleted'), {
    view: 'lagging',
    seed: 3,
    controllers: 2,
  })
  expect(findings).toEqual([])
})
