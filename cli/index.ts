/**
 * cli: the front doors of Qalam, one file a verb, and the only room where the others meet.
 *
 *   program.ts    every verb with its options; `main.ts` runs it, `cluster-verbs.ts` has those of a cluster
 *   input/        what users type: manifests, search spaces, names of kinds, durations
 *   place/        where a command works: a server, a kubeconfig, a data directory; and how it follows an experiment
 *   output/       what users see: tables, progress, results
 *   machine/      one machine assembled: stores, embedded API, controllers, runner, REST
 *   cluster/      a process of a cluster assembled: webhooks, certificates, creators, leases
 *   migration/    from Katib and back
 *
 * Knows every room; no room knows it. Start at `program.ts`, then `run.ts`.
 */
export * from './exit.ts'
