/**
 * server: what others ask of us. REST for people, scripts and the web UI in `rest/`, Katib's gRPC wires in `grpc/`, which is
 * loaded only when a port of it is asked for.
 *
 * `admission/` is the webhook server of a cluster, whose policies are handed in; `access/` is who may
 * ask on one, `probes.ts` what kubelets ask.
 *
 * Reads through informers and the observation store, writes Experiments only (`rest/write.ts`), and holds no state of its own.
 * Must not know the controller: it asks for what the resources say.
 * Start at `rest/rest-server.ts`, then `rest/experiments.ts`; `rest/filter.ts` is the grammar of `?filter=`,
 * `why/why.ts` the ladder behind every "why", `grpc/db-manager.ts` what Katib's collectors and SDK ask.
 */

export type { AccessReviews } from './access/access-reviews.ts'
export { clusterDoorkeeper } from './access/cluster-doorkeeper.ts'
export { type KubeflowDoorkeeperOptions, kubeflowDoorkeeper, openDoorkeeper } from './access/kubeflow-doorkeeper.ts'
export { NamespacedReviews } from './access/namespaced-reviews.ts'
export { promptTransport } from './access/prompt-transport.ts'
export { Reviews } from './access/reviews.ts'
export type { Policy, ReviewedWrite, Verdict } from './admission/review.ts'
export { createWebhookServer, type ServerIdentity, type WebhookServer } from './admission/webhook-server.ts'
export { type ControllerFigures, controllerFigures } from './controller-figures.ts'
export type { ClusterTrust } from './grpc/cluster-callers.ts'
export { ForeignRefusal } from './grpc/foreign-refusal.ts'
export * from './grpc/open.ts'
export { type Probes, type ProbesOptions, startProbes } from './probes.ts'
export type { Doorkeeper } from './rest/doorkeeper.ts'
export { localDoorkeeper, trialToken } from './rest/guard.ts'
export * from './rest/rest-server.ts'
export { trainerStatusPath } from './rest/trainer-status.ts'
export { trialNotes } from './rest/write.ts'
export type { Why } from './why/answer.ts'
export { readWhyWorld, type Surroundings } from './why/read.ts'
export { trialWhy, why } from './why/why.ts'
