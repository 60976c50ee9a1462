/**
 * store: what was observed, and the objects of the embedded Kubernetes API; durable in Postgres, or in memory for tests.
 *
 * Must not know who asks. Inside, everything is in a transaction or says so; SQL is text you can paste into psql.
 * Start at `store.ts`, the two contracts; then `memory.ts` (the smallest answers) and `open.ts`, the durable ones.
 * `resources/` is one store over a change log, in memory or in Postgres; `observations/` has a store for each;
 * `remote/` reads and writes observations that another process keeps;
 * `postgres/` starts the server and brings its tables up to date.
 */
export * from './memory.ts'
export * from './open.ts'
export { type DatabaseConfig, isConnectionLoss, type Log } from './postgres/connection.ts'
export { type Postgres, startPostgres } from './postgres/launch.ts'
export { type RemoteStoreOptions, remoteObservationStore } from './remote/remote-observation-store.ts'
export { OBSERVATIONS_PATH, STILL_HERE_MS, spelledCurve } from './remote/wire.ts'
export * from './store.ts'
