/**
 * Reads the binary bodies of typed kubectl commands (`kubectl create configmap`): an envelope that names the kind,
 * around a message in protocol buffers' wire format. An unknown field that says something is
 * refused, never dropped; Go writes many that say nothing.
 */

import { type Field, type Message, messages } from './protobuf-messages.ts'
import { unsupported } from './request-body.ts'

const ENVELOPE = Buffer.from('k8s\0')
const MAX_DEPTH = 16

/** The object as JSON text. Throws `ApiError` 415 with what to do instead. */
export function jsonOfProtobuf(body: Buffer): string {
  try {
    if (!body.subarray(0, 4).equals(ENVELOPE)) throw new Error('no envelope')
    const envelope = read(body.subarray(4), unknownObject, 0)
    const { apiVersion, kind } = envelope.typeMeta as { apiVersion: string; kind: string }
    const message = messages[`${apiVersion}/${kind}`]
    if (!message) throw new Error(`no message for ${apiVersion} ${kind}`)
    const object = read(Buffer.from(String(envelope.raw), 'base64'), message, 0)
    return JSON.stringify({ apiVersion, kind, ...object })
  } catch {
    // Whatever it was, the client can say it in JSON.
    throw unsupported('application/vnd.kubernetes.protobuf', 'application/json, application/yaml', ADVICE)
  }
}
const ADVICE = '; add --dry-run=client -o yaml to the command and pipe it into kubectl apply -f -'

const unknownObject: Message = {
  1: ['typeMeta', 'message', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }],
  2: ['raw', 'bytes'],
  3: ['contentEncoding', 'string'],
  4: ['contentType', 'string'],
}

function read(bytes: Buffer, message: Message, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new Error('nested too deep')
  const result: Record<string, unknown> = {}
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || scale > 2 ** 49) throw new Error('a number does not end')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag & 7
    const field: Field | undefined = message[Math.floor(tag / 8)]
    if (wire === 0) {
      const value = varint()
      if (field?.[1] === 'int') result[field[0]] = value
      else if (field?.[1] === 'bool') {
        if (value === 1) result[field[0]] = true
      } else if (field?.[1] !== 'ignored' && value !== 0) throw new Error(`unknown field ${tag / 8}`)
      continue
    }
    if (wire !== 2) throw new Error(`unknown wire type ${wire}`)
    const length = varint()
    const content = bytes.subarray(at, at + length)
    if (content.length !== length) throw new Error('a field does not end')
    at += length
    if (field) put(result, field, content, depth)
    else if (length > 0) throw new Error(`unknown field ${tag >> 3}`)
  }
  return result
}

/** Empty texts are fields that Go has no way to leave out. */
function put(result: Record<string, unknown>, field: Field, content: Buffer, depth: number): void {
  const [name, type, more] = field
  switch (type) {
    case 'string':
      if (content.length > 0) result[name] = content.toString('utf8')
      return
    case 'bytes':
      result[name] = content.toString('base64')
      return
    case 'strings':
      result[name] = [...((result[name] as string[] | undefined) ?? []), content.toString('utf8')]
      return
    case 'map': {
      const { key = '', value = '' } = read(content, { 1: ['key', 'string'], 2: ['value', more] }, depth + 1)
      if (key === '__proto__') throw new Error('a forbidden key')
      result[name] = { ...(result[name] as object | undefined), [String(key)]: value }
      return
    }
    case 'message': {
      const value = read(content, more, depth + 1)
      if (Object.keys(value).length > 0) result[name] = value
      return
    }
    case 'messages':
      result[name] = [...((result[name] as unknown[] | undefined) ?? []), read(content, more, depth + 1)]
      return
    case 'ignored':
      return
    default:
      throw new Error(`${name} is no text`)
  }
}
