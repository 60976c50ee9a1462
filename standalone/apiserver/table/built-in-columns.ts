/** What tables show of the kinds the server is born with. */
import type { Resource } from '#api'
import type { Column } from '../kinds/served-kind.ts'
import { ageOf, humanDuration } from './human-duration.ts'
import { jsonPath } from './json-path.ts'
import { podReady, podRestarts, podWord, readinessGates } from './pod-columns.ts'

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
  Node: [
    nameColumn,
    text('Status', nodeStatus),
    text('Roles', nodeRoles),
    ageColumn,
    text('Version', at('.status.nodeInfo.kubeletVersion')),
    text('Internal-IP', at('.status.addresses[?(@.type=="InternalIP")].address'), 1),
    text('External-IP', at('.status.addresses[?(@.type=="ExternalIP")].address'), 1),
    text('OS-Image', at('.status.nodeInfo.osImage'), 1),
    text('Kernel-Version', at('.status.nodeInfo.kernelVersion'), 1),
    text('Container-Runtime', at('.status.nodeInfo.containerRuntimeVersion'), 1),
  ],
  ConfigMap: [nameColumn, count('Data', object => keyCount(object.data) + keyCount(object.binaryData)), ageColumn],
  Secret: [nameColumn, text('Type', at('.type')), count('Data', object => keyCount(object.data)), ageColumn],
  ServiceAccount: [nameColumn, ageColumn],
  Service: [
    nameColumn,
    text('Type', at('.spec.type')),
    text('Cluster-IP', at('.spec.clusterIP')),
    text('External-IP', at('.spec.externalIPs[0]')),
    text('Port(s)', servicePorts),
    ageColumn,
    text('Selector', service => pairs(first(service, '.spec.selector')), 1),
  ],
  PersistentVolumeClaim: [
    nameColumn,
    text('Status', at('.status.phase')),
    text('Volume', at('.spec.volumeName')),
    text('Capacity', at('.status.capacity.storage')),
    text('Access Modes', claim => accessModes(all(claim, '.status.accessModes[*]'))),
    text('StorageClass', at('.spec.storageClassName')),
    text('VolumeAttributesClass', at('.spec.volumeAttributesClassName')),
    ageColumn,
    text('VolumeMode', at('.spec.volumeMode'), 1),
  ],
  Pod: [
    nameColumn,
    text('Ready', podReady),
    text('Status', podWord),
    text('Restarts', podRestarts),
    ageColumn,
    text('IP', at('.status.podIP'), 1),
    text('Node', at('.spec.nodeName'), 1),
    text('Nominated Node', at('.status.nominatedNodeName'), 1),
    text('Readiness Gates', readinessGates, 1),
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
    text('Selector', job => pairs(first(job, '.spec.selector.matchLabels')), 1),
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
    text('Subobject', at('.involvedObject.fieldPath'), 1),
    text('Source', event => first(event, '.source.component') ?? event.reportingComponent, 1),
    text('Message', object => String(object.message ?? '').trim()),
    text('First Seen', (event, now) => ageOf(event.firstTimestamp ?? event.eventTime, now), 1),
    { ...count('Count', event => event.count ?? 1), priority: 1 },
    { ...nameColumn, priority: 1 },
  ],
  Lease: [nameColumn, text('Holder', at('.spec.holderIdentity')), ageColumn],
  Deployment: [
    nameColumn,
    text('Ready', object => `${first(object, '.status.readyReplicas') ?? 0}/${first(object, '.spec.replicas') ?? 1}`),
    count('Up-to-date', object => first(object, '.status.updatedReplicas') ?? 0),
    count('Available', object => first(object, '.status.availableReplicas') ?? 0),
    ageColumn,
    text('Containers', object => all(object, '.spec.template.spec.containers[*].name').join(','), 1),
    text('Images', object => all(object, '.spec.template.spec.containers[*].image').join(','), 1),
    text('Selector', deployment => pairs(first(deployment, '.spec.selector.matchLabels')), 1),
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
  const ready = first(node, '.status.conditions[?(@.type=="Ready")].status') === 'True' ? 'Ready' : 'NotReady'
  return first(node, '.spec.unschedulable') === true ? `${ready},SchedulingDisabled` : ready
}

function nodeRoles({ metadata }: Resource): string | undefined {
  const roles = Object.keys(metadata.labels ?? {}).flatMap(
    label => /^node-role\.kubernetes\.io\/(.+)$/.exec(label)?.[1] ?? [],
  )
  return roles.join(',') || undefined
}

function servicePorts(service: Resource): string {
  const ports = all(service, '.spec.ports[*]') as { port?: number; nodePort?: number; protocol?: string }[]
  return ports
    .map(({ port, nodePort, protocol = 'TCP' }) => `${nodePort ? `${port}:${nodePort}` : port}/${protocol}`)
    .join(',')
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const accessModes = (modes: readonly unknown[]) => modes.map(mode => shortModes[String(mode)] ?? mode).join(',')

/** `a=b,c=d`, as selectors are written; undefined for none. */
function pairs(map: unknown): string | undefined {
  const entries = Object.entries((map ?? {}) as Readonly<Record<string, string>>)
  return entries.map(([key, value]) => `${key}=${value}`).join(',') || undefined
}
