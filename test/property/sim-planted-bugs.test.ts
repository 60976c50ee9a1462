import { expect, test } from 'vitest'
import { bugsOfSight } from '../sim/bugs-of-sight.ts'
import { bugsOfValues } from '../sim/bugs-of-values.ts'
import { bugsOfWrites } from '../sim/bugs-of-writes.ts'
import { requestFaults } from '../sim/fault-transport.ts'
import { type Conditions, lifeOf } from '../sim/life-of.ts'
import type { PlantedBug } from '../sim/planted-bug.ts'
import { sampled } from '../sim/sample.ts'
import { scenarioNamed } from '../sim/scenarios.ts'

const bugs: readonly PlantedBug[] = [...bugsOfWrites, ...bugsOfSight, ...bugsOfValues]

const FAULTS = 25
const SEEDS = [1, 2, 3, 4]

/** As in the other tests of the simulation: a calm life, an old leader beside, then faults. */
function* lives(requests: number): Iterable<Conditions> {
  for (const seed of SEEDS)
    for (const view of ['lagging', 'rewound'] as const) yield { seed, view, controllers: 2 } as const
  const points = Array.from({ length: requests }, (_, at) => requestFaults.map(is => ({ at, is }))).flat()
  for (const fault of sampled(points, FAULTS, 1)) yield { faults: [fault] }
}

const namesOf = (findings: readonly string[]) => [...new Set(findings.map(finding => finding.split(':')[0]))]

async function caught({ scenario: name, caughtBy, plant }: PlantedBug): Promise<readonly string[]> {
  const scenario = scenarioNamed(name)
  const calm = await lifeOf(scenario, { plant: plant() })
  if (namesOf(calm.findings).includes(caughtBy)) return [caughtBy]
  const broken = new Set(namesOf(calm.findings))
  for (const conditions of lives(calm.requests)) {
    const { findings } = await lifeOf(scenario, { ...conditions, plant: plant() }, calm)
    for (const found of namesOf(findings)) broken.add(found)
    if (broken.has(caughtBy)) break
  }
  return [...broken]
}

const rows = bugs.map(bug => [bug.caughtBy, bug.name, bug] as const)

test.each(rows)('%s notices that %s', { timeout: 3_600_000 }, async (caughtBy, _, bug) => {
  expect(await caught(bug)).toContain(caughtBy)
})

test('every invariant notices something', () => {
  const noticed = new Set(bugs.map(bug => bug.caughtBy))
  const invariants = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8', 'S9', 'S10', 'S13', 'S15', 'P5', 'L1', 'L4']
  expect(invariants.filter(invariant => !noticed.has(invariant))).toEqual([])
})
