/** A watch in a test's hands: one event at a time. */
import { type Transport, textOf } from '#kube'

export interface Event {
  readonly type: string
  readonly object: Record<string, unknown>
}

/** `next` is undefined when the stream has ended; bookmarks are skipped. */
export function changesOf(transport: Transport, path: string) {
  const over = new AbortController()
  const events = read(transport, path, over.signal)[Symbol.asyncIterator]()
  return {
    async next(): Promise<Event | undefined> {
      for (;;) {
        const { done, value } = await events.next()
        if (done) return undefined
        if (value.type !== 'BOOKMARK') return value
      }
    },
    async close(): Promise<void> {
      over.abort()
    },
  }
}

async function* read(transport: Transport, path: string, signal: AbortSignal): AsyncIterable<Event> {
  const response = await transport.send({ method: 'GET', path, signal })
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.chunks()) {
    const lines = (rest + textOf(chunk, decoder)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line) as Event
  }
}
