import { createMemoryResourceStore, openStores } from '#store'
import { usePostgres } from '../support/postgres.ts'
import { resourceStoreOwes } from './resource-store.ts'

const emptyDatabase = usePostgres()

resourceStoreOwes('memory', async () => createMemoryResourceStore())
resourceStoreOwes('Postgres', async () => {
  const stores = await openStores({ postgres: { connection: (await emptyDatabase()).config } })
  await stores.observations[Symbol.asyncDispose]()
  return stores.resources
})
