/** A request's body as an object: sizes and depth are judged before anything is parsed. */
import { ApiError, MAX_NESTING, nestsTooDeep, parseJson, plainJson } from '#api'
import { badRequest } from './refusal.ts'

/** Kubernetes' own objects stay far below; more is a mistake or an attack. */
export const MAX_BODY_BYTES = 1024 * 1024

export type Json = Record<string, unknown>

/**
 * Parses JSON or, where the content type says so, YAML; a body that is an object already is copied where it is not frozen.
 * Throws `ApiError` 400, 413 or 415 with one sentence.
 */
export async function parseBody(body: string | object, contentType: string): Promise<unknown> {
  if (typeof body === 'object') return copied(body)
  const text = body
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw tooLarge()
  const type = mediaType(contentType)
  if (type.includes('protobuf')) throw unsupported(type, 'application/json, application/yaml')
  if (!type.includes('yaml')) return parse(text)
  const start = text.trimStart()[0]
  return start === '{' || start === '[' ? parse(text) : parse(await jsonOfYaml(text))
}

export const mediaType = (contentType: string) => contentType.split(';')[0].trim().toLowerCase()

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)

export function unsupported(type: string, expected: string, advice = ''): ApiError {
  const message = `the body of the request was in an unknown format (${type}) - accepted media types include: ${expected}${advice}`
  return new ApiError(415, 'UnsupportedMediaType', message)
}

export const tooLarge = () =>
  new ApiError(413, 'RequestEntityTooLarge', `the request is larger than ${MAX_BODY_BYTES} bytes; split it`)

function copied(body: object): unknown {
  try {
    return plainJson(body, MAX_NESTING)
  } catch {
    throw tooDeep()
  }
}

const tooDeep = () => badRequest(`the body of the request is nested more than ${MAX_NESTING} deep`)

function parse(text: string): unknown {
  if (nestsTooDeep(text, 'JSON') !== undefined) throw tooDeep()
  try {
    // Numbers beyond a double, and escapes that could spell a forbidden key, take the careful way.
    return /\d{16}|__proto__|\\u00/.test(text) ? parseJson(text) : JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body of the request is no JSON: ${(error as Error).message}`)
  }
}

async function jsonOfYaml(text: string): Promise<string> {
  if (nestsTooDeep(text, 'YAML') !== undefined) throw tooDeep()
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { intAsBigInt: true, merge: false })
  if (document.errors.length > 0) throw badRequest(`the body of the request is no YAML: ${document.errors[0].message}`)
  try {
    const value = document.toJS({ maxAliasCount: 100 })
    return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? JSON.rawJSON(String(item)) : item))
  } catch (error) {
    throw badRequest(`the body of the request is no YAML: ${(error as Error).message}`)
  }
}
