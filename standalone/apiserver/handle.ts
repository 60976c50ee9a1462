/** One request, one answer: finds the kind, runs the verb, counts it. Whatever is thrown below becomes a Status here. */

import { ApiError } from '#api'
import { deleteObject, deleteOptions } from './delete.ts'
import { deleteCollection } from './delete-collection.ts'
import { discover } from './discovery.ts'
import { idleKinds } from './kinds/built-in-kinds.ts'
import type { ServedKind } from './kinds/served-kind.ts'
import type { Validation } from './kinds/unknown-fields.ts'
import { patchObject } from './patch/patch.ts'
import { bindPod } from './pod/pod-doors.ts'
import { readPodLog } from './pod/pod-log.ts'
import { getObject, listObjects } from './read.ts'
import { badRequest, methodNotAllowed, refusalOf, success } from './request/refusal.ts'
import { parseBody } from './request/request-body.ts'
import type { Verb } from './request/request-log.ts'
import { type Route, routeOf } from './request/route.ts'
import { isTrue, json, type ServerRequest, type ServerResponse } from './request/server-request.ts'
import { reviewAt } from './reviews.ts'
import type { ServerContext } from './server-context.ts'
import { representation } from './table/representation.ts'
import { watchObjects } from './watch.ts'
import { createObject, updateObject, type WriteOptions, type Written } from './write.ts'

export async function handle(context: ServerContext, request: ServerRequest): Promise<ServerResponse> {
  let told: { verb: Verb; kind: string } = { verb: 'discover', kind: '' }
  let response: ServerResponse
  try {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const document = isRead ? await discover(context, request) : undefined
    const review = request.method === 'POST' ? reviewAt(request.path) : undefined
    if (document) response = document
    else if (review) response = json(201, review(await parseBody(request.body, contentType(request))))
    else {
      const route = routeOf(request.path, context.kinds)
      const verb = verbOf(request, route)
      told = { verb, kind: route.subresource ? `${route.kind.kind}/${route.subresource}` : route.kind.kind }
      response = await run(context, request, route, verb)
    }
  } catch (reason) {
    response = refused(reason, context)
  }
  context.requests.add({ ...told, identity: request.identity, status: response.status })
  return response
}

export function refused(reason: unknown, context: Pick<ServerContext, 'log'>): ServerResponse {
  const refusal = refusalOf(reason, line => context.log(line))
  return json(refusal.code, refusal.toStatus())
}

function verbOf({ method, query }: ServerRequest, { name, subresource }: Route): Verb {
  const isWritable = subresource === undefined || subresource === 'status'
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (subresource === 'log') return 'log'
      if (subresource === 'binding') break
      if (isTrue(query.get('watch'))) return 'watch'
      return name === undefined ? 'list' : 'get'
    case 'POST':
      if (name === undefined || subresource === 'binding') return 'create'
      break
    case 'PUT':
      if (name !== undefined && isWritable) return 'update'
      break
    case 'PATCH':
      if (name !== undefined && isWritable) return 'patch'
      break
    case 'DELETE':
      if (subresource === undefined) return name === undefined ? 'deletecollection' : 'delete'
  }
  throw methodNotAllowed()
}

async function run(context: ServerContext, request: ServerRequest, route: Route, verb: Verb): Promise<ServerResponse> {
  const { kind, namespace } = route
  const name = route.name ?? ''
  switch (verb) {
    case 'get':
      return getObject(context, request, kind, namespace, name)
    case 'list':
      return listObjects(context, request, kind, namespace)
    case 'watch':
      return watchObjects(context, withNameSelected(request, route), kind, namespace)
    case 'log':
      return readPodLog(context, request, kind, namespace, name)
    case 'create': {
      if (kind.namespaced && namespace === undefined) throw methodNotAllowed()
      const options = writeOptions(request)
      const body = await parseBody(request.body, contentType(request))
      if (route.subresource === 'binding') {
        await bindPod(context, kind, namespace, name, body, options)
        return json(201, success(kind, name, undefined))
      }
      if (Object.hasOwn(idleKinds, kind.kind)) options.warnings.push(idleKinds[kind.kind])
      return written(context, request, kind, await createObject(context, kind, namespace, body, options), options)
    }
    case 'update': {
      const options = writeOptions(request, route)
      const body = await parseBody(request.body, contentType(request))
      requireVersion(kind, name, body)
      const object = await updateObject(context, kind, namespace, name, () => body, options)
      return written(context, request, kind, { object, isNew: false }, options)
    }
    case 'patch': {
      const options = writeOptions(request, route)
      return written(
        context,
        request,
        kind,
        await patchObject(context, request, kind, { namespace, name }, options),
        options,
      )
    }
    case 'delete': {
      const options = deleteOptions(
        request.query,
        request.body === '' ? {} : await parseBody(request.body, contentType(request)),
      )
      const { body, isGone } = await deleteObject(context, kind, namespace, name, options)
      return json(isGone || options.propagation !== 'Foreground' ? 200 : 202, body)
    }
    case 'deletecollection':
      return deleteCollection(context, request, kind, namespace)
    default:
      throw methodNotAllowed()
  }
}

const contentType = (request: ServerRequest) => request.headers['content-type'] ?? 'application/json'

function written(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  { object, isNew }: Written,
  { warnings }: WriteOptions,
): ServerResponse {
  return json(isNew ? 201 : 200, representation(kind, request, () => context.clock.now()).one(object), warnings)
}

function writeOptions({ query, headers, identity }: ServerRequest, route?: Route): WriteOptions {
  const dryRun = query.get('dryRun') ?? ''
  if (dryRun !== '' && dryRun !== 'All')
    throw badRequest(`dryRun: Unsupported value: "${dryRun}": supported values: "All"`)
  const validation = query.get('fieldValidation') || 'Ignore'
  if (!['Strict', 'Warn', 'Ignore'].includes(validation))
    throw badRequest(
      `fieldValidation: Unsupported value: "${validation}": supported values: "Ignore", "Warn", "Strict"`,
    )
  return {
    dryRun: dryRun === 'All',
    manager: query.get('fieldManager') || headers['user-agent']?.split('/')[0] || identity,
    validation: validation as Validation,
    warnings: [],
    ...(route?.subresource === 'status' ? { subresource: 'status' as const } : {}),
  }
}

/** A PUT on a custom resource without a version could undo what its writer never saw; Kubernetes refuses it. */
function requireVersion(kind: ServedKind, name: string, body: unknown): void {
  const { metadata } = (body ?? {}) as { metadata?: { resourceVersion?: unknown } }
  if (!kind.isCustom || metadata?.resourceVersion) return
  const message = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update'
  throw new ApiError(422, 'Invalid', `${kind.plural}.${kind.group} "${name}" is invalid: ${message}`, {
    details: {
      name,
      group: kind.group,
      kind: kind.plural,
      causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }],
    },
  })
}

/** `watch` on one object's path, as old clients do. */
function withNameSelected(request: ServerRequest, { name }: Route): ServerRequest {
  if (name === undefined) return request
  const query = new URLSearchParams(request.query)
  query.set('fieldSelector', `metadata.name=${name}`)
  return { ...request, query }
}
