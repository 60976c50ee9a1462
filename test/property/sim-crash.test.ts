import { describe, expect, test } from 'vitest'
import { requestFaults } from '../sim/fault-transport.ts'
import { lifeOf, lifeOrDeath } from '../sim/life-of.ts'
import { sampled } from '../sim/sample.ts'
import { disturbedScenarios, scenarios } from '../sim/scenarios.ts'

/** All single points with QALAM_FULL=1; else a seeded sample of each scenario's. */
const SAMPLE = process.env.QALAM_FULL ? Number.POSITIVE_INFINITY : 8
const SEED = Number(process.env.QALAM_SEED ?? 1)

describe.each([...scenarios, ...disturbedScenarios])('$name', scenario => {
  test('ends as its spec and its trials say, and a restart writes nothing', async () => {
    const calm = await lifeOf(scenario)
    expect(calm.violations).toEqual([])
    expect(calm.reason).toBe(scenario.reason)
    expect(calm.trialCount).toBeGreaterThanOrEqual(scenario.trialCount.min)
    expect(calm.trialCount).toBeLessThanOrEqual(scenario.trialCount.max)
    expect(calm.counted ?? 0).toBe(calm.trialCount)
    expect(calm.afterRestart).toEqual([])
  })

  test(`any one fault changes nothing of that (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
    const { requests } = await lifeOf(scenario)
    const points = Array.from({ length: requests }, (_, at) => requestFaults.map(is => ({ at, is }))).flat()
    for (const fault of sampled(points, SAMPLE, SEED)) {
      const life = await lifeOrDeath(scenario, { faults: [fault] })
      expect(life, `request ${fault.at}: ${fault.is}`).toMatchObject({
        violations: [],
        reason: scenario.reason,
        afterRestart: [],
      })
    }
  })
})
