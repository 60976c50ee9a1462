import { connectObservationStore, createMemoryObservationStore } from '#store'
import { usePostgres } from '../support/postgres.ts'
import { observationStoreOwes } from './observation-store.ts'

const emptyDatabase = usePostgres()

observationStoreOwes('memory', async options => createMemoryObservationStore({ now: () => new Date(0), ...options }))
observationStoreOwes('Postgres', async options => connectObservationStore((await emptyDatabase()).config, options))
