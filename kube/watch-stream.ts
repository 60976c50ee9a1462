/** The bytes of a watch as events. Whatever is no event ends the stream: behind it something may have been lost. */
import { parseStoredJson, type Resource, type Status } from '#api'
import { apiError } from './api-error.ts'
import { type Chunk, textOf } from './transport.ts'

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Resource }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

/** The history of the watch is lost: only a list tells the truth again. */
export class MustList extends Error {}

/**
 * Ends with the stream, and early when `signal` aborts. Throws `MustList` for bytes that are no UTF-8, for a line that is no
 * event of a watch, for one that never ends, and for what the server calls an error, except where it only asks for patience
 * (429): that is an `ApiError`. Half a line at the end is dropped, since the stream was cut.
 */
export async function* watchEvents(chunks: AsyncIterable<Chunk>, signal: AbortSignal): AsyncIterable<WatchEvent> {
  for await (const value of values(chunks, signal)) yield eventOf(value)
}

function eventOf(value: unknown): WatchEvent {
  const { type, object } = isRecord(value) ? value : {}
  if (!isRecord(object)) throw new MustList(`${shown(value)} is no event of a watch`)
  if (type === 'ERROR') throw errorOf(object)
  const metadata = object.metadata
  if (!isRecord(metadata) || typeof metadata.resourceVersion !== 'string' || metadata.resourceVersion === '')
    throw new MustList(`${shown(value)} carries no resourceVersion`)
  const { resourceVersion } = metadata
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (typeof metadata.name !== 'string') throw new MustList(`${shown(value)} names no object`)
      // It has the metadata of an object; the rest is the kind's own.
      return { type, object: object as unknown as Resource }
    case 'BOOKMARK':
      return { type, resourceVersion }
    default:
      throw new MustList(`${shown(value)} is of a type that no watch has`)
  }
}

function errorOf(status: Readonly<Record<string, unknown>>): Error {
  const { code, message } = status as Partial<Status>
  const error = apiError(typeof code === 'number' ? code : 500, JSON.stringify(status))
  if (code === 429) return error
  return new MustList(typeof message === 'string' ? message : 'the server ended the watch', { cause: error })
}

async function* values(chunks: AsyncIterable<Chunk>, signal: AbortSignal): AsyncIterable<unknown> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  const iterator = chunks[Symbol.asyncIterator]()
  if (signal.aborted) return
  // Each turn waits for a promise of its own: one that lives as long as the watch would keep what every turn left behind.
  let stop = () => {}
  const onAbort = () => stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const { done, value } = await new Promise<IteratorResult<Chunk>>((resolve, reject) => {
        stop = () => resolve({ done: true, value: undefined })
        if (signal.aborted) stop()
        else iterator.next().then(resolve, reject)
      })
      if (done) return
      if (typeof value === 'object' && 'event' in value) {
        // Only servers of ours hand over events as they are.
        yield value.event
        continue
      }
      const parts = (rest + decoded(value, decoder)).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part !== '') yield parsed(part)
      if (rest.length > MAX_LINE_LENGTH) throw new MustList(`a line of the watch is longer than ${MAX_LINE_LENGTH}`)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // A stream that hangs must not hold up whoever stops listening, and how it ends is nobody's concern any more.
    iterator.return?.().catch(() => {})
  }
}

/** An object of a real server is at most 3 MiB of JSON. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024

function decoded(chunk: Uint8Array | string, decoder: TextDecoder): string {
  try {
    return textOf(chunk, decoder)
  } catch (cause) {
    throw new MustList('the watch is no UTF-8', { cause })
  }
}

function parsed(line: string): unknown {
  try {
    return parseStoredJson(line)
  } catch (cause) {
    throw new MustList('a line of the watch is no JSON', { cause })
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const shown = (value: unknown) => `the line ${JSON.stringify(value).slice(0, 120)}`
