import { describe, expect, test } from 'vitest'
import { requestFaults } from '../sim/fault-transport.ts'
import { type LifeStory, lifeOf } from '../sim/life-of.ts'
import { sampled } from '../sim/sample.ts'
import { scenarios } from '../sim/scenarios.ts'

/** All single points with QALAM_FULL=1; else a seeded sample of each scenario's. */
const SAMPLE = process.env.QALAM_FULL ? Number.POSITIVE_INFINITY : 4
const SEED = Number(process.env.QALAM_SEED ?? 1)

describe.each(scenarios)('$name', scenario => {
  let calm: Promise<LifeStory>

  test('ends as its spec and its trials say, and a restart writes nothing', async () => {
    calm = lifeOf(scenario)
    expect((await calm).findings).toEqual([])
  })

  test(`any one fault changes nothing of that (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
    const { requests } = await calm
    const points = Array.from({ length: requests }, (_, at) => requestFaults.map(is => ({ at, is }))).flat()
    for (const fault of sampled(points, SAMPLE, SEED)) {
      const { findings } = await lifeOf(scenario, { faults: [fault] }, await calm)
      expect(findings, `request ${fault.at}: ${fault.is}`).toEqual([])
    }
    if (process.env.QALAM_FULL) process.stdout.write(`${scenario.name}: ${points.length} points\n`)
  })
})
