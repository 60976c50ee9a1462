/** One life of a scenario under faults, and what is wrong with it. */
import { INDEX_LABEL } from '#api'
import { live, type Scenario } from './scenario.ts'
import { createSimWorld, type SimWorld, type SimWorldOptions } from './sim-world.ts'

export interface LifeStory {
  /** Of the controllers, before the restart; lists and watches included. */
  readonly requests: number
  /** Sentences that begin with the name of a broken invariant; none: all is well. */
  readonly findings: readonly string[]
  /** By index. */
  readonly assignments: ReadonlyMap<string, string>
}

export type Conditions = Pick<SimWorldOptions, 'faults' | 'view' | 'seed' | 'controllers' | 'plant'>

export async function lifeOf(scenario: Scenario, conditions: Conditions = {}, calm?: LifeStory): Promise<LifeStory> {
  await using world = await createSimWorld({ ...(scenario.endOf ? { endOf: scenario.endOf } : {}), ...conditions })
  const findings: string[] = []
  try {
    await live(world, scenario)
    // What sees late may still have something to learn; it has no more to say.
    await world.pass(120_000)
    findings.push(...(await atItsEnd(world, scenario)))
  } catch (error) {
    findings.push(`L1: it does not come to its end: ${(error as Error).message}`)
  }
  const requests = world.requests.count
  if (findings.length === 0) findings.push(...(await afterRestart(world)))
  const assignments = new Map(
    [...world.invariants.trials.values()].map(({ metadata, spec }) => [
      metadata.labels?.[INDEX_LABEL] ?? '',
      JSON.stringify(spec.parameterAssignments),
    ]),
  )
  for (const [index, values] of assignments)
    if ((calm?.assignments.get(index) ?? values) !== values) findings.push(`S15: index ${index} is ${values} now`)
  return { requests, assignments, findings: [...world.invariants.violations, ...findings] }
}

async function atItsEnd(world: SimWorld, { reason, trialCount, atLeast = {} }: Scenario): Promise<string[]> {
  const findings: string[] = []
  await world.invariants.settled(world.observations)
  const status = (await world.experiment())?.status
  const trials = await world.trials()
  const said = status?.conditions?.at(-1)?.reason
  if (said !== reason) findings.push(`L1: it ends with ${said}, not ${reason}`)
  if (trials.length < trialCount.min || trials.length > trialCount.max)
    findings.push(`L1: ${trials.length} trials, expected ${trialCount.min} to ${trialCount.max}`)
  for (const [type, count] of Object.entries(atLeast)) {
    const are = trials.filter(trial => trial.status?.phase === type).length
    if (are < count) findings.push(`L1: ${are} trials are ${type}, expected ${count}`)
  }
  const left = (await world.user.list({ apiVersion: 'batch/v1', kind: 'Job' })).items.map(job => job.metadata.name)
  if (left.length > 0) findings.push(`L4: Jobs ${left} are left`)
  return findings
}

async function afterRestart(world: SimWorld): Promise<string[]> {
  const written = world.requests.kept.length
  await world.restart()
  await world.pass(5_000)
  return world.requests.kept.slice(written).map(request => `S10: a restart asks for ${request}`)
}
