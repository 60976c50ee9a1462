import { expect, test } from 'vitest'
import { lifeOf } from '../sim/life-of.ts'
import { sfc32 } from '../sim/sample.ts'
import { scenarios } from '../sim/scenarios.ts'
import { viewFaults } from '../sim/watch-faults.ts'

/** Seeds of each view fault in each scenario; about every second one also crashes somewhere. */
const SEEDS = process.env.QALAM_FULL ? 20 : 1
const FIRST_SEED = Number(process.env.QALAM_SEED ?? 1)

test.each(scenarios)('seen late, in part or not at all: $name', { timeout: 3_600_000 }, async scenario => {
  const calm = await lifeOf(scenario)
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    for (const [i, view] of viewFaults.entries()) {
      const at = Math.floor(sfc32(seed)() * calm.requests)
      const faults = (seed + i) % 2 === 0 ? [{ at, is: 'crash after effect' } as const] : []
      const { findings } = await lifeOf(scenario, { view, seed, faults }, calm)
      expect(findings, `${view}, seed ${seed}, ${JSON.stringify(faults)}`).toEqual([])
    }
  }
})
