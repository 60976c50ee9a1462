/**
 * standalone: a small Kubernetes, for one machine and for tests.
 *
 * `apiserver/` is the API with its objects in `#store`; what runs the pods stands beside it and is a client like any
 * other. Must not know the controller: admission and built-in images are handed in by `cli`. In `apiserver/` are the verbs,
 * and beside them `request/` (what a client asks), `kinds/` (what is served, and its schemas), `patch/`, `table/`, `pod/`,
 * `identity/` (certificates) and `housekeeping/` (what follows from a change).
 * Start at `apiserver/api-server.ts`, then `apiserver/handle.ts`, the way of one request.
 */
export type { AdmissionRequest, Admit } from './apiserver/admission.ts'
export { type ApiServer, type ApiServerOptions, createApiServer } from './apiserver/api-server.ts'
export type { ListenOptions } from './apiserver/https-listener.ts'
export { type Certificates, certificates } from './apiserver/identity/certificates.ts'
export { type Kubeconfig, writeKubeconfig } from './apiserver/identity/kubeconfig.ts'
export { makeAuthority, makeServer, type Pair } from './apiserver/identity/x509.ts'
export type { PodLogOptions, PodLogs } from './apiserver/pod/pod-logs.ts'
export type { LoggedRequest, RequestCount, RequestLog } from './apiserver/request/request-log.ts'
export { builtInImageFolders } from './images/built-in-images.ts'
export { type JobControllerOptions, startJobController } from './job-controller/job-controller.ts'
export type { BuiltInContainer, BuiltInImage } from './kubelet/built-in.ts'
export { type Kubelet, type KubeletOptions, startKubelet } from './kubelet/kubelet.ts'
export type { Machine } from './kubelet/slots.ts'
export type { Ended, Program } from './starter/messages.ts'
export { type RunningProgram, type Starter, type StarterOptions, startStarter } from './starter/starter.ts'
