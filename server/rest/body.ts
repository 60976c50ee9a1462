/** Request bodies: JSON or YAML, at most 1 MiB, parsed within bounds. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { parseDocument } from 'yaml'
import { MAX_NESTING, nestsTooDeep, parseJson } from '#api'
import { Refusal } from './problem.ts'

export const BODY_LIMIT_BYTES = 1024 * 1024

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

function parsed(format: 'JSON' | 'YAML', text: string, parse: (text: string) => unknown): unknown {
  if (nestsTooDeep(text, format) !== undefined)
    throw new Refusal(400, `the body is no valid ${format}: more than ${MAX_NESTING} levels deep`)
  try {
    return parse(text)
  } catch (cause) {
    throw new Refusal(400, `the body is no valid ${format}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

const MAX_READ_BYTES = 16 * BODY_LIMIT_BYTES

/** What is a little too large is read to its end: many clients hear no answer before they have sent everything. */
export function readRest(request: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_READ_BYTES) resolve()
    })
    request.once('end', resolve).once('close', resolve).resume()
    if (request.readableEnded || request.destroyed) resolve()
  })
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
