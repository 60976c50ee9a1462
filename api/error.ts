/** The user's mistakes, all at once, and the Kubernetes API's refusals. */

/** One problem of an object: where, what is wrong and what to do. `path` is dotted, `spec.parameters[2].name`. */
export interface SpecProblem {
  readonly path: string
  /** Kubernetes' cause: FieldValueInvalid, FieldValueRequired, FieldValueForbidden, FieldValueDuplicate, ... */
  readonly reason: 'Invalid' | 'Required' | 'Forbidden' | 'Duplicate' | 'NotSupported' | 'TypeInvalid'
  /** `expected ..., got ...` and what to do. */
  readonly message: string
}

/** The object is refused; `problems` has every one of them. */
export class InvalidSpec extends Error {
  readonly problems: readonly SpecProblem[]
  constructor(problems: readonly SpecProblem[]) {
    super(problems.map(problem => `${problem.path}: ${problem.message}`).join('\n'))
    this.name = 'InvalidSpec'
    this.problems = problems
  }
}

/** What a refused object's author reads, as Katib's webhook says it; several problems are joined as `[a, b]`. */
export function problemsText(problems: readonly SpecProblem[]): string {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? (lines[0] as string) : `[${lines.join(', ')}]`
}

/** The same as `details.causes` of a Kubernetes Status. */
export function causesOf(problems: readonly SpecProblem[]) {
  return problems.map(({ path, message, reason }) => ({
    reason: reason === 'TypeInvalid' ? 'FieldValueTypeInvalid' : `FieldValue${reason}`,
    message,
    field: path,
  }))
}

/** A Kubernetes `Status` of kind Failure. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Record<string, unknown>
  readonly status: 'Failure' | 'Success'
  readonly message?: string
  readonly reason?: string
  readonly details?: Record<string, unknown>
  readonly code?: number
}

/** The Kubernetes API refused a request. `reason` as in Status: NotFound, AlreadyExists, Conflict, Expired, ... */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Record<string, unknown> | undefined
  /** Milliseconds the server asks to wait (Retry-After), if it does. */
  readonly retryAfterMs: number | undefined
  constructor(
    code: number,
    reason: string,
    message: string,
    more: { details?: Record<string, unknown>; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
    this.details = more.details
    this.retryAfterMs = more.retryAfterMs
  }
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    }
  }
}
