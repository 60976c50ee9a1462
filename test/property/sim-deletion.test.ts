import { expect, test } from 'vitest'
import { INDEX_LABEL, refOf } from '#api'
import { createInProcessAsk, type SuggestPool } from '#controller'
import { anExperiment } from '../controller/admission/an-experiment.ts'
import { isOver } from '../sim/scenario.ts'
import { createSimWorld, REF, type SimWorld } from '../sim/sim-world.ts'

async function begin(world: SimWorld, maxTrialCount = 4) {
  const experiment = anExperiment({ maxTrialCount, maxFailedTrialCount: 3, seed: 1 })
  await world.user.create({ ...experiment, metadata: { name: REF.name, namespace: REF.namespace } })
}
const ended = (world: SimWorld) => world.run(async () => isOver(await world.experiment()))

test('a trial deleted at any moment: the same assignments come to the same end, none is run twice', async () => {
  for (const atMs of [0, 1, 500, 999, 1_000, 1_500, 2_000]) {
    await using world = await createSimWorld()
    await begin(world)
    await world.run(async () => (await world.trials()).length === 2)
    await world.clock.advance(atMs)
    const [victim] = await world.trials()
    const hadEnded = Boolean(victim.status?.completionTime)
    await world.user.delete(refOf(victim))
    await ended(world)
    const trials = await world.trials()
    const again = trials.find(trial => trial.metadata.labels?.[INDEX_LABEL] === victim.metadata.labels?.[INDEX_LABEL])
    const where = `deleted after ${atMs} ms`
    expect(world.invariants.violations, where).toEqual([])
    expect((await world.experiment())?.status?.trials, where).toBe(4)
    if (hadEnded) expect(again, where).toBeUndefined()
    else {
      expect(again?.metadata.name, where).toBe(victim.metadata.name)
      expect(again?.spec.parameterAssignments, where).toEqual(victim.spec.parameterAssignments)
    }
  }
})

test('an experiment deleted at any moment leaves nothing behind', async () => {
  for (const atMs of [0, 500, 1_000, 2_500]) {
    await using world = await createSimWorld()
    await begin(world)
    await world.settle()
    await world.clock.advance(atMs)
    await world.user.delete(REF)
    await world.run(async () => !(await world.experiment()) && (await world.trials()).length === 0, 30_000)
    const jobs = await world.user.list({ apiVersion: 'batch/v1', kind: 'Job' })
    expect(jobs.items, `deleted after ${atMs} ms`).toEqual([])
    expect(world.invariants.violations).toEqual([])
  }
})

test('an algorithm that fails is asked again, one that hangs delays only its own experiment', async () => {
  const search = createInProcessAsk()
  let failures = 3
  const pool: SuggestPool = {
    ...search,
    ask(ask, signal) {
      if (ask.algorithm.algorithmName === 'sobol') return new Promise(() => {})
      if (failures-- > 0) return Promise.reject(new Error('no memory'))
      return search.ask(ask, signal)
    },
  }
  await using world = await createSimWorld({ pool })
  const hung = anExperiment({ algorithm: { algorithmName: 'sobol' } })
  await world.user.create({ ...hung, metadata: { name: 'hung', namespace: REF.namespace } })
  await begin(world)
  await ended(world)
  expect((await world.experiment())?.status?.trialsSucceeded).toBe(4)
  const events = await world.user.list({ apiVersion: 'v1', kind: 'Event' })
  expect(events.items.filter(({ reason }) => reason === 'AskFailed').map(({ message }) => message)).toContain(
    'the algorithm failed and is asked again: no memory',
  )
})
