/**
 * earlystop: when to stop looking. Pure rules over recorded learning curves; the controller decides with them.
 *
 * Must not know the clock, the network, files, a database or Kubernetes.
 * Start at `early-stopper.ts`.
 */
export * from './early-stopper.ts'
