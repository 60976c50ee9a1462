import { describe, expect, test } from 'vitest'
import { lifeOrDeath } from '../sim/life-of.ts'
import { scenarios } from '../sim/scenarios.ts'

/** Seeds of the old leader's view. */
const SEEDS = process.env.QALAM_FULL ? 100 : 3
const FIRST_SEED = Number(process.env.QALAM_SEED ?? 1)

describe.each(scenarios)('$name', scenario => {
  test.each(['lagging', 'rewound'] as const)(
    'with an old leader that goes on with a %s view while the new one works: the same end',
    { timeout: 3_600_000 },
    async view => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const life = await lifeOrDeath(scenario, { view, seed, controllers: 2 })
        expect(life, `seed ${seed}`).toMatchObject({ violations: [], reason: scenario.reason, afterRestart: [] })
      }
    },
  )
})
