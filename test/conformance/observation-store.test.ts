import { expect, test } from 'vitest'
import {
  connectObservationStore,
  createMemoryObservationStore,
  type ObservationStore,
  remoteObservationStore,
} from '#store'
import { Cluster, TOKEN } from '../server/cluster.ts'
import { usePostgres } from '../support/postgres.ts'
import { observationStoreOwes } from './observation-store.ts'

const emptyDatabase = usePostgres()

observationStoreOwes('memory', async options => createMemoryObservationStore({ now: () => new Date(0), ...options }))
observationStoreOwes('Postgres', async options => connectObservationStore((await emptyDatabase()).config, options))
observationStoreOwes('over HTTP', async options => {
  const kept = createMemoryObservationStore({ now: () => new Date(0), ...options })
  const cluster = new Cluster()
  const server = await cluster.serve({ observations: kept, servesControllers: true })
  const { url } = await server.listen({ port: 0 })
  const remote = remoteObservationStore({ url, access: async () => ({ token: TOKEN }), log: () => {} })
  return closingAfter(remote, server, kept)
})

test('a store process that is away is one refusal for each call, and a listener goes on when it is back', async () => {
  await using kept = createMemoryObservationStore({ now: () => new Date(0) })
  const cluster = new Cluster()
  const first = await cluster.serve({ observations: kept, servesControllers: true })
  const { url } = await first.listen({ port: 0 })
  const sentences: string[] = []
  const away = Promise.withResolvers<void>()
  const log = (sentence: string) => {
    sentences.push(sentence)
    away.resolve()
  }
  await using remote = remoteObservationStore({ url, access: async () => ({ token: TOKEN }), log })
  const enough = new AbortController()
  const changes = remote.changes(enough.signal)[Symbol.asyncIterator]()
  const heard = changes.next()
  await kept.append({ trialUid: 'a', attempt: 0, stream: 's', rows: [{ metricName: 'm', value: '1', sequence: 1 }] })
  expect((await heard).value).toEqual({ trialUid: 'a', final: false })
  const next = changes.next()
  await first[Symbol.asyncDispose]()
  await away.promise
  await expect(remote.summary('a')).rejects.toMatchObject({ name: 'Unavailable' })
  await kept.append({ trialUid: 'b', attempt: 0, stream: 's', rows: [], final: true })
  await using second = await cluster.serve({ observations: kept, servesControllers: true })
  await second.listen({ port: Number(new URL(url).port) })
  // What was told before may be told again.
  let change = await next
  while (change.value?.trialUid !== 'b') change = await changes.next()
  expect(change.value).toEqual({ trialUid: 'b', final: true })
  enough.abort()
  expect(sentences.map(sentence => sentence.replace(/ is .*/, ''))).toContain('the observation store')
})

test('another token reads nothing', async () => {
  const cluster = new Cluster()
  await using server = await cluster.serve({ servesControllers: true })
  const { url } = await server.listen({ port: 0 })
  await using remote = remoteObservationStore({ url, access: async () => ({ token: 'other' }), log: () => {} })
  await expect(remote.summary('a')).rejects.toThrow('401')
})

function closingAfter(store: ObservationStore, ...others: readonly AsyncDisposable[]): ObservationStore {
  const dispose = store[Symbol.asyncDispose].bind(store)
  return Object.assign(store, {
    async [Symbol.asyncDispose]() {
      await dispose()
      for (const other of others) await other[Symbol.asyncDispose]()
    },
  })
}
