/** PATCH in its four languages, told apart by the content type. */
import { ApiError, type Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'
import { givenMetadata } from '../metadata.ts'
import { badRequest, conflict, invalid } from '../request/refusal.ts'
import { isObject, mediaType, parseBody, unsupported } from '../request/request-body.ts'
import { isTrue, type ServerRequest } from '../request/server-request.ts'
import type { ServerContext } from '../server-context.ts'
import { createObject, updateObject, type WriteOptions, type Written } from '../write.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { type Applied, apply, manageCreated } from './server-side-apply.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

export async function patchObject(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  place: { namespace: string | undefined; name: string },
  options: WriteOptions,
): Promise<Written> {
  const type = mediaType(request.headers['content-type'] ?? '')
  const patch = await parseBody(request.body, type)
  if (type === 'application/apply-patch+yaml') return applyObject(context, request, kind, place, patch, options)
  const edit = editOf(kind, type, patch)
  const checked = (current: Resource) => withUidOf(kind, current, edit(current))
  const object = await updateObject(context, kind, place.namespace, place.name, checked, options)
  return { object, isNew: false }
}

function editOf(kind: ServedKind, type: string, patch: unknown): (current: Resource) => unknown {
  if (type === 'application/json-patch+json') return current => jsonPatch(current, patch)
  if (!isObject(patch)) throw badRequest('a patch of this type must be an object')
  if (type === 'application/merge-patch+json') return current => mergePatch(current, patch)
  if (type === 'application/strategic-merge-patch+json' && !kind.isCustom)
    return current => strategicMergePatch(current, patch)
  const types = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  if (!kind.isCustom) types.push('application/strategic-merge-patch+json')
  throw unsupported(type, types.join(', '))
}

/** A patch that names another uid is meant for another object; one that is decided on an old version is told that first. */
function withUidOf(kind: ServedKind, current: Resource, patched: unknown): unknown {
  const { uid, resourceVersion } = isObject(patched) && isObject(patched.metadata) ? patched.metadata : {}
  const isOld = resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion
  if (!uid || uid === current.metadata.uid || isOld) return patched
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`
  throw invalid(kind, current.metadata.name, [{ field: 'metadata.uid', message, reason: 'FieldValueInvalid' }])
}

async function applyObject(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  { namespace, name }: { namespace: string | undefined; name: string },
  body: unknown,
  options: WriteOptions,
): Promise<Written> {
  const manager = request.query.get('fieldManager')
  if (!manager) throw new ApiError(422, 'Invalid', NO_MANAGER)
  if (!isObject(body)) throw badRequest('the body of an apply must be an object')
  const metadata = givenMetadata(body)
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const configuration = { ...body, metadata: { ...metadata, name: metadata.name || name } } as unknown as Resource
  if (!configuration.kind || !configuration.apiVersion)
    throw badRequest('the body of an apply needs apiVersion and kind')
  const how = { manager, force: isTrue(request.query.get('force')) }
  if (!(await context.objects.get(kind, namespace, name))) {
    if (options.subresource)
      return { object: await updateObject(context, kind, namespace, name, one => one, options), isNew: false }
    const { uid } = configuration.metadata
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    if (uid) throw conflict(kind, name, why)
    return createObject(context, kind, namespace, configuration, {
      ...options,
      manage: manageCreated(how, configuration),
    })
  }
  let applied: Applied | undefined
  const edit = (current: Resource) => {
    applied = apply(kind, current, configuration, how)
    return withUidOf(kind, current, applied.object)
  }
  const manage: WriteOptions['manage'] = (...of) => applied?.manage(...of) ?? of[2]
  return { object: await updateObject(context, kind, namespace, name, edit, { ...options, manage }), isNew: false }
}

const NO_MANAGER = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
