import { describe, expect, test } from 'vitest'
import { lifeOf, lifeOrDeath } from '../sim/life-of.ts'
import { sfc32 } from '../sim/sample.ts'
import { scenarios } from '../sim/scenarios.ts'
import { viewFaults } from '../sim/watch-faults.ts'

/** Seeds of each view fault in each scenario; every second one also crashes somewhere. */
const SEEDS = process.env.QALAM_FULL ? 100 : 2
const FIRST_SEED = Number(process.env.QALAM_SEED ?? 1)

describe.each(scenarios)('$name', scenario => {
  test.each(viewFaults)('seen by one whose view is %s: the same end', { timeout: 3_600_000 }, async view => {
    const { requests } = await lifeOf(scenario)
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const at = Math.floor(sfc32(seed)() * requests)
      const faults = seed % 2 === 0 ? [{ at, is: 'crash after effect' } as const] : []
      const life = await lifeOrDeath(scenario, { view, seed, faults })
      expect(life, `seed ${seed}`).toMatchObject({ violations: [], reason: scenario.reason, afterRestart: [] })
    }
  })
})
