/** What `qalam controller` is told. */
export interface ControllerOptions {
  /** Absent: $KUBECONFIG, ~/.kube/config, or the pod's own account. */
  readonly kubeconfig?: string
  /** Where the lease is, and where Katib's controller is looked for. */
  readonly leaseNamespace: string
  /** Nothing outside of that namespace is looked at; no webhooks, which are the cluster's. */
  readonly singleNamespace?: boolean
  readonly leaseDurationMs: number
  /** Name of the ConfigMap beside the lease that holds a KatibConfig; one that is not there says nothing. */
  readonly katibConfig: string
  /** Requests per second in the long run. */
  readonly rate: number
  /** Address that the ports below listen on. */
  readonly host: string
  readonly webhookPort?: number
  /** Names of the Services that the webhook is reached by, in the lease's namespace. */
  readonly webhookService: string
  /** Where somebody else keeps tls.crt and tls.key; absent: a Secret that is filled and renewed here. */
  readonly webhookCertificates?: string
  readonly healthPort?: number
  readonly metricsPort?: number
  /** Where a store process serves the observations; absent: in the database of $DATABASE_URL. */
  readonly store?: string
  readonly storeTokenFile?: string
  readonly storeCaFile?: string
  /** `Kind.version.group` each: what trials may be. */
  readonly trialResources: readonly string[]
  /** Whether creators of Experiments are only warned of kinds that they may not create, or refused. */
  readonly creators: 'warn' | 'enforce'
  /** The store may read logs of pods, for collectors of programs without a command in their template. */
  readonly logRelay: boolean
  /** Of this program, for the collectors of trials, which report to the store; `own`: that of this pod. */
  readonly collectorImage?: string
}
