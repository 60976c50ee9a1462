import { createMemoryResourceStore, openStores } from '#store'
import { usePostgres } from '../support/postgres.ts'
import { resourceStoreOwes } from './resource-store.ts'
import { resourceStoreIsLinearisable } from './resource-store-history.ts'

const emptyDatabase = usePostgres()

const stores = {
  memory: async () => createMemoryResourceStore(),
  async Postgres() {
    const both = await openStores({ postgres: { connection: (await emptyDatabase()).config } })
    await both.observations[Symbol.asyncDispose]()
    return both.resources
  },
}
for (const [name, open] of Object.entries(stores)) {
  resourceStoreOwes(name, open)
  resourceStoreIsLinearisable(name, open)
}
