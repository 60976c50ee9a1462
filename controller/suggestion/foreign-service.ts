/**
 * The services that are not ours, on a cluster: a Deployment and a Service of Katib's names for each Suggestion whose algorithm or
 * whose rule for stopping early is one.
 *
 * States. absent: both are made. starting: the Deployment is there and not Available; nobody asks it. ready: it is asked. The
 * experiment is over and its policy is not LongRunning: both are deleted. A claim of FromVolume stays with the Suggestion.
 */
import {
  controllerReference,
  type EarlyStoppingEntry,
  EXPERIMENT_LABEL,
  type Resource,
  type ResourceRef,
  type ResourceRequirements,
  SUGGESTION_LABEL,
  type Suggestion,
  type SuggestionEntry,
} from '#api'
import { parseQuantity } from '#kube'

/** What a KatibConfig says of it; one of both at least, in one pod. */
export interface ForeignService {
  /** Absent: the algorithm is built in. */
  readonly algorithm?: SuggestionEntry
  /** A rule for stopping early that is not ours. */
  readonly stopping?: EarlyStoppingEntry
}

/** Of all that belongs to the search. */
export const serviceName = (suggestion: string, algorithmName: string) => `${suggestion}-${algorithmName}`

export function isAvailable(deployment: Resource | undefined): boolean {
  const { conditions = [] } = (deployment?.status ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some(({ type, status }) => type === 'Available' && status === 'True')
}

/** In the order in which they are deleted: as long as the Deployment is there, something is left to do. */
export function serviceRefs({ metadata, spec }: Suggestion): readonly ResourceRef[] {
  const place = { namespace: metadata.namespace, name: serviceName(metadata.name, spec.algorithm?.algorithmName ?? '') }
  return [
    { apiVersion: 'v1', kind: 'Service', ...place },
    { apiVersion: 'apps/v1', kind: 'Deployment', ...place },
  ]
}

/** In the order in which they are made. */
export function serviceObjects(suggestion: Suggestion, service: ForeignService): readonly Resource[] {
  const { metadata, spec } = suggestion
  const name = serviceName(metadata.name, spec.algorithm?.algorithmName ?? '')
  const labels = {
    ...metadata.labels,
    'katib.kubeflow.org/deployment': name,
    [EXPERIMENT_LABEL]: metadata.name,
    [SUGGESTION_LABEL]: metadata.name,
    'sidecar.istio.io/inject': 'false',
  }
  const own = { name, namespace: metadata.namespace, labels, ownerReferences: [controllerReference(suggestion)] }
  const { algorithm, stopping } = service
  const claimed = spec.resumePolicy === 'FromVolume' ? algorithm : undefined
  const ports = [...(algorithm ? [PORTS.algorithm] : []), ...(stopping ? [PORTS.stopping] : [])].map(
    ({ name: port, containerPort }) => ({ name: port, port: containerPort }),
  )
  const claim = (entry: SuggestionEntry) => ({
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    ...{ metadata: own, spec: claimSpec(entry) },
  })
  return [
    ...(claimed ? [claim(claimed)] : []),
    { apiVersion: 'v1', kind: 'Service', metadata: own, spec: { selector: labels, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: own,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(name, service, claimed !== undefined) },
      },
    },
  ]
}

function podSpec(name: string, { algorithm, stopping }: ForeignService, hasVolume: boolean): object {
  const { serviceAccountName } = algorithm ?? {}
  const containers = [
    ...(algorithm ? [algorithmContainer(algorithm, hasVolume)] : []),
    ...(stopping ? [stoppingContainer(stopping)] : []),
  ]
  return {
    containers,
    ...(serviceAccountName ? { serviceAccountName } : {}),
    ...(hasVolume ? { volumes: [{ name: VOLUME, persistentVolumeClaim: { claimName: name } }] } : {}),
  }
}

/** The entry is a container of core/v1 with some fields of its own; what it says of itself counts. */
function algorithmContainer(entry: SuggestionEntry, hasVolume: boolean): object {
  const { volumeMountPath = '/opt/katib/data' } = entry
  const container = Object.fromEntries(Object.entries(entry).filter(([field]) => !NOT_OF_THE_CONTAINER.has(field)))
  const { ports = [], volumeMounts = [] } = container as { ports?: Port[]; volumeMounts?: { name: string }[] }
  const isOpen = ports.some(port => port.name === 'suggestion-api' || port.containerPort === 6789)
  const isMounted = volumeMounts.some(({ name }) => name === VOLUME)
  const mounts = [...volumeMounts, ...(hasVolume && !isMounted ? [{ name: VOLUME, mountPath: volumeMountPath }] : [])]
  return {
    name: 'suggestion',
    readinessProbe: { grpc: PROBE, initialDelaySeconds: 10, periodSeconds: 10 },
    livenessProbe: { grpc: PROBE, initialDelaySeconds: 10, periodSeconds: 120, failureThreshold: 12 },
    ...container,
    imagePullPolicy: entry.imagePullPolicy ?? 'IfNotPresent',
    resources: withDefaults(entry.resources),
    ports: isOpen ? ports : [...ports, PORTS.algorithm],
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  }
}

const NOT_OF_THE_CONTAINER: ReadonlySet<string> = new Set([
  ...['algorithmName', 'serviceAccountName', 'volumeMountPath'],
  ...['persistentVolumeClaimSpec', 'persistentVolumeSpec', 'persistentVolumeLabels'],
])

function stoppingContainer({ image, imagePullPolicy = 'IfNotPresent', resources }: EarlyStoppingEntry): object {
  return { name: 'early-stopping', image, imagePullPolicy, resources: withDefaults(resources), ports: [PORTS.stopping] }
}

interface Port {
  readonly name?: string
  readonly containerPort?: number
}

const PORTS = {
  algorithm: { name: 'suggestion-api', containerPort: 6789 },
  stopping: { name: 'earlystop-api', containerPort: 6788 },
} as const
/** The one name that Katib's services answer to. */
const PROBE = { port: 6789, service: 'manager.v1beta1.Suggestion' }
const VOLUME = 'suggestion-volume'

function claimSpec({ persistentVolumeClaimSpec = {} }: SuggestionEntry): object {
  return { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...persistentVolumeClaimSpec }
}

/** Katib's, each where nothing is said of it; a negative amount removes it. */
function withDefaults({ requests, limits, ...rest }: ResourceRequirements = {}): object {
  const kept = (amounts: object) =>
    Object.fromEntries(Object.entries(amounts).filter(([, amount]) => parseQuantity(amount) >= 0))
  return {
    ...rest,
    requests: kept({ cpu: '50m', memory: '10Mi', 'ephemeral-storage': '500Mi', ...requests }),
    limits: kept({ cpu: '500m', memory: '100Mi', 'ephemeral-storage': '5Gi', ...limits }),
  }
}
