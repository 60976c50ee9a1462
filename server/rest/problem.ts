/** Refusals as RFC 9457 problem details, from anything that was thrown. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ApiError, InvalidSpec } from '#api'

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string().optional(),
  /** Everything that is wrong, at once. */
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** What to do next. */
  hint: z.string().optional(),
})
export type Problem = z.output<typeof Problem>

/** A refusal with its HTTP status. The message is the detail a user reads. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly more: Pick<Problem, 'problems' | 'hint'>
  constructor(status: number, message: string, more: Pick<Problem, 'problems' | 'hint'> = {}) {
    super(message)
    this.status = status
    this.more = more
  }

  /**
   * Rules: a Refusal is itself; an invalid object or query is 422 or 400 with every problem; a refusal of the Kubernetes API
   * keeps its code, except that causes make it 422; what fastify refuses keeps its status; the rest is 500.
   */
  static from(cause: unknown): Refusal {
    if (cause instanceof Refusal) return cause
    if (cause instanceof InvalidSpec)
      return new Refusal(422, 'the object is not valid', { problems: cause.problems.map(pathAndMessage) })
    if (cause instanceof ApiError) return fromApiError(cause)
    if (hasZodFastifySchemaValidationErrors(cause)) {
      const problems = cause.validation.map(({ instancePath, message }) => ({
        path:
          instancePath.slice(1).replaceAll('/', '.') || (cause.validationContext === 'querystring' ? 'query' : 'body'),
        message: message ?? 'not valid',
      }))
      return new Refusal(400, 'the request is not valid', { problems })
    }
    const status = (cause as Partial<FastifyError>)?.statusCode
    if (status === 413) return new Refusal(413, 'expected a body of at most 1 MiB (1048576 bytes), got more; split it')
    if (status === 415)
      return new Refusal(415, 'expected a body of type application/json or application/yaml, got another or none')
    if (status !== undefined && status >= 400 && status < 500) return new Refusal(status, (cause as Error).message)
    return new Refusal(500, 'an internal error; the server log has it', {})
  }
}

function fromApiError(cause: ApiError): Refusal {
  const causes = cause.details?.causes
  const problems = Array.isArray(causes)
    ? causes.map(each => ({ path: each.field ?? '', message: each.message ?? '' }))
    : []
  if (problems.length > 0) return new Refusal(422, cause.message.replace(WEBHOOK, ''), { problems })
  return new Refusal(cause.code >= 400 && cause.code < 600 ? cause.code : 502, cause.message)
}

/** How Katib's clients expect a refusal on the Kubernetes API; on REST it says nothing. */
const WEBHOOK = /^admission webhook "[^"]*" denied the request: /

const pathAndMessage = ({ path, message }: { path: string; message: string }) => ({ path, message })

/** Sends a refusal. The media type is problem+json for every route. */
export function sendProblem(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem: Problem = {
    type: 'about:blank',
    title: TITLES[refusal.status] ?? 'Error',
    status: refusal.status,
    detail: refusal.message,
    instance: request.url,
    ...refusal.more,
  }
  return reply.code(refusal.status).type('application/problem+json').send(JSON.stringify(problem))
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}
