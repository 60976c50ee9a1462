/** What a pod may know about itself: field references and resource references. */
import { parseQuantity } from '#kube'
import { CannotStart } from './cannot-start.ts'
import type { Container, Pod, ResourceFieldRef } from './pod-types.ts'

const LOOPBACK = '127.0.0.1'

/** Throws `CannotStart` for a path that no pod has. */
export function podField(pod: Pod, path: string): string {
  const { metadata, spec } = pod
  const entry = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path)
  if (entry) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2]] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return printMap(metadata.labels)
    case 'metadata.annotations':
      return printMap(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? 'local'
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default'
    case 'status.hostIP':
    case 'status.podIP':
    case 'status.hostIPs':
    case 'status.podIPs':
      return LOOPBACK
  }
  throw new CannotStart(
    'CreateContainerConfigError',
    `fieldPath ${path} is not known; see the fields of the downward API`,
  )
}

function printMap(map: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

/** Rounded up in units of the divisor. Without a request or limit it is the machine's. */
export function resourceField(
  pod: Pod,
  own: Container,
  { containerName, resource, divisor = 1 }: ResourceFieldRef,
  machine: { readonly cpus: number },
): string {
  const container = containerName
    ? [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === containerName)
    : own
  const [kind, name] = [resource.slice(0, resource.indexOf('.')), resource.slice(resource.indexOf('.') + 1)]
  const { requests, limits } = container?.resources ?? {}
  const quantity = (kind === 'requests' ? requests?.[name] : undefined) ?? limits?.[name]
  const amount = quantity === undefined ? (name === 'cpu' ? machine.cpus : 0) : parseQuantity(quantity)
  const unit = parseQuantity(divisor) || 1
  return String(Math.ceil(Number((amount / unit).toFixed(6))))
}
