/** The server's refusals, in the words clients look for, and the Status any failure becomes. */
import { ApiError, causesOf, type InvalidSpec, problemsText, type Status } from '#api'
import { Compacted, Conflict, Unavailable } from '#store'
import { resourceName, type ServedKind } from '../kinds/served-kind.ts'

export interface Cause {
  readonly field: string
  readonly message: string
  readonly reason?: string
}

const details = (kind: ServedKind, name: string) => ({
  name,
  ...(kind.group === '' ? {} : { group: kind.group }),
  kind: kind.plural,
})

export const notFound = (kind: ServedKind, name: string) =>
  new ApiError(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, { details: details(kind, name) })

export const alreadyExists = (kind: ServedKind, name: string) =>
  new ApiError(409, 'AlreadyExists', `${resourceName(kind)} "${name}" already exists`, { details: details(kind, name) })

export const conflict = (kind: ServedKind, name: string, why = MODIFIED, causes?: readonly Cause[]) =>
  new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`, {
    details: { ...details(kind, name), ...(causes ? { causes } : {}) },
  })
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

export const badRequest = (message: string) => new ApiError(400, 'BadRequest', message)

export const forbidden = (kind: ServedKind, name: string, why: string, causes?: readonly Cause[]) =>
  new ApiError(403, 'Forbidden', `${resourceName(kind)} "${name}" is forbidden: ${why}`, {
    details: { ...details(kind, name), ...(causes ? { causes } : {}) },
  })

export const methodNotAllowed = () =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  })

export const noSuchPath = () =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} })

export const expired = (message: string) => new ApiError(410, 'Expired', message)

/** 422 with all causes at once. */
export function invalid(kind: ServedKind, name: string, causes: readonly Cause[]): ApiError {
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const lines = causes.map(cause => `${cause.field}: ${cause.message}`)
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new ApiError(422, 'Invalid', `${subject} "${name}" is invalid: ${text}`, {
    details: {
      ...details(kind, name),
      kind: kind.kind,
      causes: causes.map(({ field, message, reason = 'FieldValueInvalid' }) => ({ reason, message, field })),
    },
  })
}

/** A policy's denial (code 400), as clients of Katib's webhook know it. */
export function denied(kind: ServedKind, name: string, refusal: InvalidSpec): ApiError {
  const webhook = `validator.${kind.singular}.katib.kubeflow.org`
  const text = problemsText(refusal.problems)
  return new ApiError(400, 'BadRequest', `admission webhook "${webhook}" denied the request: ${text}`, {
    details: { ...details(kind, name), causes: causesOf(refusal.problems) },
  })
}

/** Whatever was thrown, as the refusal the client gets. What no client caused is 500 and said to `log`. */
export function refusalOf(reason: unknown, log: (line: string) => void): ApiError {
  if (reason instanceof ApiError) return reason
  if (reason instanceof Compacted)
    return expired(`The provided continue parameter or resource version is too old: ${reason.message}`)
  if (reason instanceof Conflict) return new ApiError(409, 'Conflict', `${MODIFIED} (${reason.message})`)
  if (reason instanceof Unavailable)
    return new ApiError(503, 'ServiceUnavailable', reason.message, {
      details: { retryAfterSeconds: 1 },
      retryAfterMs: 1_000,
    })
  if (reason instanceof SyntaxError) return badRequest(`the body of the request is no JSON: ${reason.message}`)
  if (isDiskFull(reason)) {
    log(`apiserver: ${DISK_FULL}`)
    return new ApiError(500, 'InternalError', `Internal error occurred: ${DISK_FULL}`)
  }
  log(`apiserver: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`)
  return new ApiError(500, 'InternalError', `Internal error occurred: ${(reason as Error)?.message ?? reason}`)
}

/** The Status of a finished deletion. */
export function success(kind: ServedKind, name: string, uid: string | undefined): Status {
  const subject = { ...details(kind, name), ...(uid ? { uid } : {}) }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: subject }
}

const DISK_FULL = 'the disk of the data directory is full; make room, then what waits is written'

/** As Postgres says it (SQLSTATE 53100), or the operating system. */
function isDiskFull(reason: unknown): boolean {
  const { code } = (reason ?? {}) as { readonly code?: unknown }
  return code === '53100' || code === 'ENOSPC'
}
