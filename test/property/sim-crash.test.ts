import { describe, expect, test } from 'vitest'
import type { Fault } from '../sim/fault-transport.ts'
import { sfc32 } from '../sim/sample.ts'
import { live, type Scenario, scenarios } from '../sim/scenarios.ts'
import { createSimWorld } from '../sim/sim-world.ts'

/** All single points with QALAM_FULL=1; else a seeded sample of each scenario's. */
const SAMPLE = process.env.QALAM_FULL ? Number.POSITIVE_INFINITY : 24
const SEED = Number(process.env.QALAM_SEED ?? 1)
const faults: readonly Fault['is'][] = [
  'crash before effect',
  'crash after effect',
  'crash after reply',
  'lost reply',
  409,
  429,
  500,
]

async function lifeOf(scenario: Scenario, fault?: Fault) {
  await using world = await createSimWorld({
    ...(scenario.endOf ? { endOf: scenario.endOf } : {}),
    ...(fault ? { fault } : {}),
  })
  await live(world, scenario)
  const experiment = await world.experiment()
  const trials = await world.trials()
  const written = world.requests.count
  await world.restart()
  await world.clock.advance(5_000)
  await world.settle()
  return {
    requests: written,
    trialCount: trials.length,
    reason: experiment?.status?.conditions?.at(-1)?.reason,
    counted: experiment?.status?.trials,
    violations: world.invariants.violations,
    afterRestart: world.requests.kept.slice(written),
  }
}

describe.each(scenarios)('$name', scenario => {
  test('ends as its spec and its trials say, and a restart writes nothing', async () => {
    const calm = await lifeOf(scenario)
    expect(calm.violations).toEqual([])
    expect(calm.reason).toBe(scenario.reason)
    expect(calm.trialCount).toBeGreaterThanOrEqual(scenario.trialCount.min)
    expect(calm.trialCount).toBeLessThanOrEqual(scenario.trialCount.max)
    expect(calm.counted).toBe(calm.trialCount)
    expect(calm.afterRestart).toEqual([])
  })

  test(`any one fault changes nothing of that (seed ${SEED})`, { timeout: 600_000 }, async () => {
    const { requests } = await lifeOf(scenario)
    const points = Array.from({ length: requests }, (_, at) => faults.map(is => ({ at, is }))).flat()
    const random = sfc32(SEED)
    const keys = new Map(points.map(point => [point, random()]))
    const chosen = points.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0)).slice(0, SAMPLE)
    for (const fault of chosen) {
      const life = await lifeOf(scenario, fault).catch(reason => ({ died: String(reason) }))
      expect(life, `request ${fault.at}: ${fault.is}`).toMatchObject({
        violations: [],
        reason: scenario.reason,
        afterRestart: [],
      })
    }
  })
})
