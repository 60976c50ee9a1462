/**
 * kube: how to speak Kubernetes. One transport interface with two ways, a reading and a writing client, the reflector
 * behind informers, the keyed work queue, the lease, and small grammars: selectors, quantities, the injected clock.
 *
 * Must not know what an Experiment is. 404 on delete is success, 409 means "read again", 410 means "list again":
 * these live here so that no reconciler handles them twice.
 * Start at `transport.ts`, then `client.ts`.
 */
export { type ClientOptions, createClient, createReadingClient } from './api-client.ts'
export * from './client.ts'
export * from './clock.ts'
export { type CountedRequest, countingTransport } from './counting-transport.ts'
export * from './error-words.ts'
export { type HttpsOptions, httpsTransport } from './https-transport.ts'
export * from './informer.ts'
export { createInformers, type InformersOptions } from './informers.ts'
export { type KubeconfigTransport, kubeconfigTransport } from './kubeconfig-transport.ts'
export { acquireLease, fenced, type Lease, type LeaseOptions } from './lease.ts'
export { limitedTransport } from './limited-transport.ts'
export { type PatientOptions, patientTransport } from './patient-transport.ts'
export { parseQuantity } from './quantity.ts'
export { createWorkQueue, type WorkQueueOptions } from './queue.ts'
export { type Place, Places } from './resource-path.ts'
export * from './selector.ts'
export { type Rate, TokenBucket } from './token-bucket.ts'
export * from './transport.ts'
export * from './work-queue.ts'
