import { expect, test } from 'vitest'
import { sweepObservations } from '#controller'
import { createMemoryObservationStore } from '#store'
import { Cluster } from '../server/cluster.ts'
import { aTrial } from '../support/builders.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const MINUTE_MS = 60_000

test('what a deleted trial reported is kept for an hour, and what present ones reported for good', async () => {
  const clock = createFakeClock()
  await using observations = createMemoryObservationStore({ now: () => clock.now() })
  const { trials } = new Cluster()
  const [kept, gone] = [aTrial(0), aTrial(1)]
  trials.add(kept, gone)
  const uids = [kept, gone].map(({ metadata }) => metadata.uid ?? '')
  for (const trialUid of uids) await observations.append({ trialUid, attempt: 0, stream: 's', rows: [], final: true })
  const lines: string[] = []
  const sweeping = sweepObservations({ trials, observations, clock, log: line => lines.push(line) })
  await clock.advance(24 * 60 * MINUTE_MS)
  expect(await observations.trialUids({ limit: 10 })).toEqual(uids)
  trials.remove(gone)
  await clock.advance(60 * MINUTE_MS)
  expect(await observations.trialUids({ limit: 10 })).toEqual(uids)
  await clock.advance(20 * MINUTE_MS)
  expect(await observations.trialUids({ limit: 10 })).toEqual([uids[0]])
  await sweeping[Symbol.asyncDispose]()
  expect(clock.pending).toBe(0)
  expect(lines).toEqual([])
})

test('a database that is away is one sentence, and the next sweep comes all the same', async () => {
  const clock = createFakeClock()
  await using kept = createMemoryObservationStore({ now: () => clock.now() })
  await kept.append({ trialUid: 'gone', attempt: 0, stream: 's', rows: [], final: true })
  let isAway = true
  const observations = {
    ...new Cluster().observations,
    trialUids: async (page: { limit: number }) => {
      if (isAway) throw new Error('the database is away')
      return kept.trialUids(page)
    },
    sweep: (gone: readonly string[], forMs: number) => kept.sweep(gone, forMs),
  }
  const lines: string[] = []
  const { trials } = new Cluster()
  await using _ = sweepObservations({ trials, observations, clock, log: line => lines.push(line) })
  await clock.advance(5 * MINUTE_MS)
  isAway = false
  await clock.advance(80 * MINUTE_MS)
  expect(lines).toEqual(['observations of deleted trials were not swept: the database is away'])
  expect(await kept.trialUids({ limit: 10 })).toEqual([])
})
