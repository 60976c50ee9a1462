/** One life of a scenario under faults, and what came of it. */
import { live, type Scenario } from './scenarios.ts'
import { createSimWorld, type SimWorldOptions } from './sim-world.ts'

export interface LifeStory {
  /** Of the controllers, before the restart. */
  readonly requests: number
  readonly trialCount: number
  readonly reason: string | undefined
  readonly counted: number | undefined
  readonly violations: readonly string[]
  readonly afterRestart: readonly string[]
}

export async function lifeOf(
  scenario: Scenario,
  conditions: Pick<SimWorldOptions, 'faults' | 'view' | 'seed' | 'controllers'> = {},
): Promise<LifeStory> {
  await using world = await createSimWorld({ ...(scenario.endOf ? { endOf: scenario.endOf } : {}), ...conditions })
  await live(world, scenario)
  const experiment = await world.experiment()
  const trials = await world.trials()
  // What sees late may still have something to learn; it has no more to say.
  await world.pass(120_000)
  const written = world.requests.count
  await world.restart()
  await world.pass(5_000)
  return {
    requests: written,
    trialCount: trials.length,
    reason: experiment?.status?.conditions?.at(-1)?.reason,
    counted: experiment?.status?.trials,
    violations: world.invariants.violations,
    afterRestart: world.requests.kept.slice(written),
  }
}

/** Or why it did not come to its end. */
export function lifeOrDeath(...life: Parameters<typeof lifeOf>): Promise<LifeStory | { readonly died: string }> {
  return lifeOf(...life).catch(reason => ({ died: String(reason) }))
}
