/** What tables show of the kinds the server is born with. */
import type { Resource } from '#api'
import { ageOf, humanDuration } from './human-duration.ts'
import { jsonPath } from './json-path.ts'
import type { Column } from './served-kind.ts'

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'name, unique in its namespace',
  priority: 0,
  cell: object => object.metadata.name,
}
const ageColumn: Column = text('Age', (object, now) => ageOf(object.metadata.creationTimestamp, now))

/** For kinds without columns of their own, and what every definition without columns gets. */
export const plainColumns: readonly Column[] = [nameColumn, ageColumn]

export const builtInColumns: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [nameColumn, text('Status', at('.status.phase')), ageColumn],
  Node: [nameColumn, text('Status', nodeStatus), ageColumn],
  ConfigMap: [nameColumn, count('Data', object => keyCount(object.data) + keyCount(object.binaryData)), ageColumn],
  Secret: [nameColumn, text('Type', at('.type')), count('Data', object => keyCount(object.data)), ageColumn],
  ServiceAccount: [nameColumn, ageColumn],
  Service: [nameColumn, text('Type', at('.spec.type')), text('Cluster-IP', at('.spec.clusterIP')), ageColumn],
  PersistentVolumeClaim: [
    nameColumn,
    text('Status', at('.status.phase')),
    text('Volume', at('.spec.volumeName')),
    text('Capacity', at('.spec.resources.requests.storage')),
    text('StorageClass', at('.spec.storageClassName')),
    ageColumn,
  ],
  Pod: [
    nameColumn,
    text('Ready', podReady),
    text('Status', podStatus),
    count('Restarts', object => containerStatuses(object).reduce((sum, one) => sum + (one.restartCount ?? 0), 0)),
    ageColumn,
    text('IP', at('.status.podIP'), 1),
    text('Node', at('.spec.nodeName'), 1),
  ],
  Job: [
    nameColumn,
    text('Status', jobStatus),
    text(
      'Completions',
      object => `${first(object, '.status.succeeded') ?? 0}/${first(object, '.spec.completions') ?? 1}`,
    ),
    text('Duration', jobDuration),
    ageColumn,
    text('Containers', object => all(object, '.spec.template.spec.containers[*].name').join(','), 1),
    text('Images', object => all(object, '.spec.template.spec.containers[*].image').join(','), 1),
  ],
  Event: [
    text('Last Seen', (object, now) =>
      ageOf(
        object.lastTimestamp ?? object.eventTime ?? object.firstTimestamp ?? object.metadata.creationTimestamp,
        now,
      ),
    ),
    text('Type', at('.type')),
    text('Reason', at('.reason')),
    text('Object', object => {
      const { kind, name } = (object.involvedObject ?? {}) as { kind?: string; name?: string }
      return `${(kind ?? '').toLowerCase()}/${name ?? ''}`
    }),
    text('Message', object => String(object.message ?? '').trim()),
    { ...nameColumn, priority: 1 },
  ],
  Lease: [nameColumn, text('Holder', at('.spec.holderIdentity')), ageColumn],
  Deployment: [
    nameColumn,
    text('Ready', object => `${first(object, '.status.readyReplicas') ?? 0}/${first(object, '.spec.replicas') ?? 1}`),
    ageColumn,
  ],
  CustomResourceDefinition: [
    nameColumn,
    { name: 'Created At', type: 'date', priority: 0, cell: object => object.metadata.creationTimestamp ?? '<unknown>' },
  ],
}

function text(name: string, cell: Column['cell'], priority = 0): Column {
  return { name, type: 'string', priority, cell: (object, now) => String(cell(object, now) ?? '<none>') }
}

function count(name: string, cell: Column['cell']): Column {
  return { name, type: 'integer', priority: 0, cell }
}

/** The first value at a path, for a column. */
function at(path: string): (object: Resource) => unknown {
  const read = jsonPath(path)
  return object => read(object)[0]
}

const all = (object: Resource, path: string) => jsonPath(path)(object)
const first = (object: Resource, path: string) => all(object, path)[0]
const keyCount = (map: unknown) => (typeof map === 'object' && map !== null ? Object.keys(map).length : 0)

interface ContainerStatus {
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: {
    readonly waiting?: { readonly reason?: string }
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number }
  }
}

const containerStatuses = (pod: Resource) => all(pod, '.status.containerStatuses[*]') as ContainerStatus[]

function podReady(pod: Resource): string {
  const ready = containerStatuses(pod).filter(status => status.ready === true).length
  return `${ready}/${all(pod, '.spec.containers[*]').length}`
}

/** The most telling word: deletion, then a container's reason, then the pod's own. */
function podStatus(pod: Resource): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating'
  const { phase, reason } = (pod.status ?? {}) as { phase?: string; reason?: string }
  if (reason) return reason
  for (const { state } of containerStatuses(pod)) {
    if (state?.waiting?.reason) return state.waiting.reason
    if (state?.terminated) {
      if (phase === 'Succeeded') return 'Completed'
      if (state.terminated.exitCode !== 0) return state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`
    }
  }
  return phase === 'Succeeded' ? 'Completed' : (phase ?? 'Pending')
}

function jobStatus(job: Resource): string {
  const holds = new Set(all(job, '.status.conditions[?(@.status=="True")].type'))
  if (holds.has('Complete')) return 'Complete'
  if (holds.has('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp) return 'Terminating'
  if (holds.has('Suspended')) return 'Suspended'
  return 'Running'
}

function jobDuration(job: Resource, now: Date): string {
  const started = first(job, '.status.startTime')
  if (typeof started !== 'string') return ''
  const ended = first(job, '.status.completionTime')
  const until = typeof ended === 'string' ? Date.parse(ended) : now.getTime()
  return humanDuration(until - Date.parse(started))
}

function nodeStatus(node: Resource): string {
  return first(node, '.status.conditions[?(@.type=="Ready")].status') === 'True' ? 'Ready' : 'NotReady'
}
