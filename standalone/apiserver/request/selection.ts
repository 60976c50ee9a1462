/** Which objects a list, a watch or a deletion of a collection means. */
import { ApiError, type Resource } from '#api'
import { labelSelector } from '#kube'
import { fieldsSelected } from '../kinds/selectable-fields.ts'
import type { ServedKind } from '../kinds/served-kind.ts'
import { badRequest } from './refusal.ts'

/** A predicate of `labelSelector`, `fieldSelector` and, for watches, the namespace. Throws 400 for what is no selector. */
export function selection(kind: ServedKind, query: URLSearchParams, namespace?: string): (object: Resource) => boolean {
  const tests: ((object: Resource) => boolean)[] = []
  if (namespace) tests.push(object => object.metadata.namespace === namespace)
  try {
    const labels = query.get('labelSelector')
    if (labels) {
      const holds = labelSelector(labels)
      tests.push(object => holds(object.metadata.labels))
    }
    const fields = query.get('fieldSelector')
    if (fields) tests.push(fieldsSelected(kind, fields))
  } catch (error) {
    throw error instanceof ApiError ? error : badRequest((error as Error).message)
  }
  return object => tests.every(test => test(object))
}

/** The one name that `fieldSelector=metadata.name=x` leaves, if that is all it says. */
export function onlyName(query: URLSearchParams): string | undefined {
  return /^\s*metadata\.name==?([^,!=\s]+)\s*$/.exec(query.get('fieldSelector') ?? '')?.[1]
}
