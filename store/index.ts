/**
 * store: what was observed, and the objects of the embedded Kubernetes API; durable in Postgres, or in memory for tests.
 *
 * Must not know who asks. Inside, everything is in a transaction or says so; SQL is text you can paste into psql.
 * Start at `store.ts`, the two contracts; then `memory/` (the smallest answer) and `postgres/`.
 */
export * from './store.ts'
