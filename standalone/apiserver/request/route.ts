/** From a path to what is meant by it. */

import type { ServedKind } from '../kinds/served-kind.ts'
import type { ServedKinds } from '../kinds/served-kinds.ts'
import { refuseDoor } from '../pod/pod-doors.ts'
import { noSuchPath } from './refusal.ts'

export interface Route {
  readonly kind: ServedKind
  readonly namespace: string | undefined
  /** Absent: the collection. */
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** The route of a path below `/api/` or `/apis/`. Throws 404 for what is not served. */
export function routeOf(path: string, kinds: ServedKinds): Route {
  const parts = path
    .split('/')
    .filter(part => part !== '')
    .map(decoded)
  const [root, ...rest] = parts
  const [group, version, ...within] = root === 'api' ? ['', ...rest] : rest
  const isScoped = within[0] === 'namespaces' && within.length >= 3
  const namespace = isScoped ? within[1] : undefined
  const [plural, name, subresource, ...surplus] = isScoped ? withoutNamespace(within) : within
  const kind = plural === undefined ? undefined : kinds.at(group, version ?? '', plural)
  if (!kind) {
    // `namespaces/NAME/status` is the namespace's own subresource, not a kind inside of it.
    const namespaceKind = kinds.at('', 'v1', 'namespaces')
    if (namespaceKind && group === '' && isScoped && within.length === 3 && within[2] === 'status')
      return { kind: namespaceKind, namespace: undefined, name: within[1], subresource: 'status' }
    throw noSuchPath()
  }
  if (surplus.length > 0 || (isScoped && !kind.namespaced)) throw noSuchPath()
  if (kind.namespaced && namespace === undefined && name !== undefined) throw noSuchPath()
  refuseDoor(kind, name, subresource)
  if (subresource !== undefined && !(kind.subresources as readonly string[]).includes(subresource)) throw noSuchPath()
  return { kind, namespace, name, subresource }
}

const withoutNamespace = (within: readonly string[]) => within.slice(2)

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A stray percent sign: no object has such a name.
    throw noSuchPath()
  }
}
