import { describe, expect, test } from 'vitest'
import { coreScenarios } from '../sim/core-scenarios.ts'
import { type Fault, requestFaults } from '../sim/fault-transport.ts'
import { lifeOf } from '../sim/life-of.ts'
import { sfc32 } from '../sim/sample.ts'

/** Pairs of faults for each scenario; the second one often follows on the first, where recovery is young. */
const SAMPLE = process.env.QALAM_FULL ? 2_000 : 4
const SEED = Number(process.env.QALAM_SEED ?? 1)
const NEAR = 8

function aPair(random: () => number, requests: number): readonly Fault[] {
  const below = (bound: number) => Math.floor(random() * bound)
  const kind = () => requestFaults[below(requestFaults.length)]
  const at = below(requests)
  const next = random() < 0.7 ? at + 1 + below(NEAR) : below(requests)
  return [
    { at, is: kind() },
    { at: next, is: kind() },
  ]
}

describe.each(coreScenarios)('$name', scenario => {
  test(`any two faults change nothing (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
    const calm = await lifeOf(scenario)
    const random = sfc32(SEED)
    for (let i = 0; i < SAMPLE; i++) {
      const faults = aPair(random, calm.requests)
      const { findings } = await lifeOf(scenario, { faults }, calm)
      expect(findings, JSON.stringify(faults)).toEqual([])
    }
  })
})
