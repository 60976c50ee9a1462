/** What a real API server fills into the pods of Pods and of Jobs' templates. */
import { isObject, type Json } from '../request/request-body.ts'

/** The spec with defaults; a second call changes nothing. */
export function podDefaults(value: unknown): Json {
  const spec: Json = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...(isObject(value) ? value : {}),
  }
  for (const list of ['containers', 'initContainers'])
    if (Array.isArray(spec[list])) spec[list] = spec[list].map(containerDefaults)
  return spec
}

function containerDefaults(container: unknown): unknown {
  if (!isObject(container)) return container
  const filled: Json = {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(container.image),
    ...container,
  }
  if (Array.isArray(filled.ports))
    filled.ports = filled.ports.map(port => (isObject(port) ? { protocol: 'TCP', ...port } : port))
  return filled
}

/** An image without a tag, or with `latest`, may be another one tomorrow. */
function pullPolicy(image: unknown): string {
  const [, tag] = /:([\w.-]+)$/.exec(typeof image === 'string' ? image : '') ?? []
  const isDigest = typeof image === 'string' && image.includes('@')
  return isDigest || (tag !== undefined && tag !== 'latest') ? 'IfNotPresent' : 'Always'
}
