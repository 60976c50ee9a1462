/** Request bodies: JSON or YAML, at most 1 MiB, parsed within bounds. */
import type { FastifyInstance } from 'fastify'
import { parseDocument } from 'yaml'
import { parseJson } from '#api'
import { Refusal } from './problem.ts'

export const BODY_LIMIT_BYTES = 1024 * 1024
/** An Experiment is some ten levels deep; a hundred thousand brackets are an attack on the parser's stack. */
const DEPTH_LIMIT = 64

export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  acceptJson(app, 'application/json')
  for (const type of ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'])
    app.addContentTypeParser(type, { parseAs: 'string' }, async (_request: unknown, text: string) =>
      parsed('YAML', text, parseYaml),
    )
}

export function acceptJson(app: Pick<FastifyInstance, 'addContentTypeParser'>, type: string): void {
  app.addContentTypeParser(type, { parseAs: 'string' }, async (_request: unknown, text: string) => {
    if (text.trim() === '') return undefined
    return parsed('JSON', text, parseJson)
  })
}

function parsed(format: string, text: string, parse: (text: string) => unknown): unknown {
  refuseDepth(format, text)
  try {
    return parse(text)
  } catch (cause) {
    throw new Refusal(400, `the body is no valid ${format}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

/** YAML through JSON, so that both obey the same rules (64-bit integers, `__proto__`). */
function parseYaml(text: string): unknown {
  const document = parseDocument(text, { intAsBigInt: true, uniqueKeys: true })
  if (document.errors.length > 0) throw document.errors[0]
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return parseJson(
    JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? JSON.rawJSON(String(each)) : each)) ?? 'null',
  )
}

/** Counts brackets before any parser sees them; in JSON those inside strings do not count. */
function refuseDepth(format: string, text: string): void {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (isInString && letter === '\\') at++
    else if (letter === '"' && format === 'JSON') isInString = !isInString
    else if (isInString) continue
    else if (letter === '[' || letter === '{') depth++
    else if ((letter === ']' || letter === '}') && depth > 0) depth--
    if (depth > DEPTH_LIMIT) throw tooDeep(format)
  }
  if (format === 'YAML' && new RegExp(`^(?: *- ){${DEPTH_LIMIT}}`, 'm').test(text)) throw tooDeep(format)
}

const tooDeep = (format: string) =>
  new Refusal(400, `the body is no valid ${format}: more than ${DEPTH_LIMIT} levels deep`)
