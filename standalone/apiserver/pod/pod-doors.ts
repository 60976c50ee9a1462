/** Paths of a pod besides its object: binding it to a node, and the doors into a container, which processes have none of. */
import { ApiError, type Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'
import { badRequest, conflict } from '../request/refusal.ts'
import { isObject } from '../request/request-body.ts'
import type { ServerContext } from '../server-context.ts'
import { updateObject, type WriteOptions } from '../write.ts'

const advice: Readonly<Record<string, string>> = {
  exec: 'its program is a process of this machine; run the command in a terminal, the files of the pod are below pods/NAMESPACE_NAME_UID of the data directory',
  attach: 'its program is a process of this machine and reads no input; kubectl logs -f shows what it prints',
  portforward: 'its program is a process of this machine; connect to 127.0.0.1 and the port that it listens on',
  proxy: 'its program is a process of this machine; connect to 127.0.0.1 and the port that it listens on',
  ephemeralcontainers: 'its program is a process of this machine; debug it with the tools of this machine',
}

/** Refuses a door with what to do instead; other names are somebody else's. */
export function refuseDoor(kind: ServedKind, name: string | undefined, subresource: string | undefined): void {
  if (kind.kind !== 'Pod' || kind.group !== '' || subresource === undefined) return
  if (!Object.hasOwn(advice, subresource)) return
  throw new ApiError(405, 'MethodNotAllowed', `pod ${name} has no container to enter: ${advice[subresource]}`, {
    details: { name, kind: kind.plural },
  })
}

/** Gives a pod its node, once. Throws 409 for a pod that has one. */
export async function bindPod(
  context: ServerContext,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
  body: unknown,
  options: WriteOptions,
): Promise<void> {
  const binding = isObject(body) ? body : {}
  const target = isObject(binding.target) ? binding.target.name : undefined
  if (typeof target !== 'string' || target === '')
    throw badRequest('target.name: expected the name of a node, got none')
  const wanted = isObject(binding.metadata) ? binding.metadata.uid : undefined
  const edit = (pod: Resource): Resource => {
    const spec = isObject(pod.spec) ? pod.spec : {}
    if (wanted !== undefined && wanted !== pod.metadata.uid) throw conflict(kind, name, 'the pod is another one by now')
    if (spec.nodeName) throw conflict(kind, name, `pod ${name} is already assigned to node "${spec.nodeName}"`)
    return { ...pod, spec: { ...spec, nodeName: target } }
  }
  await updateObject(context, kind, namespace, name, edit, options)
}
