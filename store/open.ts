/** Opens the durable stores, with their tables brought up to date. */
import { PostgresObservationStore } from './observations/postgres-observation-store.ts'
import type { DatabaseConfig, Log } from './postgres/connection.ts'
import type { Postgres } from './postgres/launch.ts'
import { migrate } from './postgres/migrate.ts'
import { LoggedResourceStore } from './resources/logged-resource-store.ts'
import { PostgresChangeLog } from './resources/postgres-change-log.ts'
import type { ObservationStore, ResourceStore } from './store.ts'

export type Where = { readonly databaseUrl: string } | { readonly postgres: Pick<Postgres, 'connection'> }

export interface Stores extends AsyncDisposable {
  readonly resources: ResourceStore
  readonly observations: ObservationStore
  /** For `connectObservationStore` in another thread. */
  readonly database: DatabaseConfig
}

/** Rejects with one sentence: unreachable, newer tables, or another process that writes. Disposing leaves Postgres running. */
export async function openStores(options: Where & { log?: Log }): Promise<Stores> {
  const { log = () => {} } = options
  const database = databaseOf(options)
  await migrate(database)
  const changes = new PostgresChangeLog(database, log)
  const resources = await LoggedResourceStore.open(changes).catch(async reason => {
    await changes[Symbol.asyncDispose]()
    throw reason
  })
  const observations = connectObservationStore(database, { log })
  return {
    resources,
    observations,
    database,
    async [Symbol.asyncDispose]() {
      await Promise.all([resources[Symbol.asyncDispose](), observations[Symbol.asyncDispose]()])
    },
  }
}

/** Observations alone, for a process whose objects are elsewhere, with their tables brought up to date. */
export async function openObservations(options: Where & { log?: Log }): Promise<ObservationStore> {
  const database = databaseOf(options)
  await migrate(database)
  return connectObservationStore(database, { log: options.log })
}

const databaseOf = (where: Where): DatabaseConfig =>
  'postgres' in where ? where.postgres.connection : { connectionString: where.databaseUrl }

/**
 * Observations alone, over connections of its own: for another thread or process. The tables exist already.
 * `maxRows` is what a trial may keep before its rows are thinned; 1,000,000 by default.
 */
export function connectObservationStore(
  config: DatabaseConfig,
  options: { log?: Log; maxRows?: number } = {},
): ObservationStore {
  const { log = () => {}, maxRows } = options
  return new PostgresObservationStore(config, { log, maxRows })
}
