/** Observations that another process keeps, over HTTPS with a bearer token: what controllers of a cluster read. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type LearningCurve,
  type ObservationStore,
  type ObservationSummary,
  type Report,
  type RowFilter,
  type StoredRow,
  Unavailable,
} from '../store.ts'
import { Connections, type RemoteAccess } from './connections.ts'
import { OBSERVATIONS_PATH, readCurve, readRow } from './wire.ts'

export interface RemoteStoreOptions {
  /** Without a path: `https://qalam-store.kubeflow.svc:6443` */
  readonly url: string
  /** Asked before each request: tokens and authorities are renewed. */
  access(): Promise<RemoteAccess>
  /** One sentence when the store goes away, and one when it is back. */
  log(sentence: string): void
}

const RETRY_MS = 500

/** Every call rejects with `Unavailable` while the store process is away; `changes` waits for it and tells what it missed. */
export function remoteObservationStore(options: RemoteStoreOptions): ObservationStore {
  return new RemoteObservationStore(options)
}

class RemoteObservationStore implements ObservationStore {
  readonly #options: RemoteStoreOptions
  readonly #connections: Connections
  readonly #closed = new AbortController()

  constructor(options: RemoteStoreOptions) {
    this.#options = options
    this.#connections = new Connections(options.url, () => options.access())
  }

  append(report: Report): Promise<{ acknowledged: number }> {
    return this.#json('POST', '/append', report)
  }

  async summary(trialUid: string): Promise<ObservationSummary | undefined> {
    return (await this.summaries([trialUid])).get(trialUid)
  }

  async summaries(trialUids: readonly string[]): Promise<ReadonlyMap<string, ObservationSummary>> {
    type Answer = { readonly summaries: Readonly<Record<string, ObservationSummary>> }
    return new Map(Object.entries((await this.#json<Answer>('POST', '/summaries', { trialUids })).summaries))
  }

  async curve(trialUid: string, metricName: string, maxPoints: number): Promise<LearningCurve> {
    const query = new URLSearchParams({ metric: metricName, points: String(maxPoints) })
    return readCurve(await this.#json('GET', `${pathOf(trialUid)}/curve?${query}`))
  }

  async *rows(trialUid: string, { metricName, attempt, sequences }: RowFilter = {}): AsyncIterable<StoredRow> {
    const query = new URLSearchParams()
    if (metricName !== undefined) query.set('metric', metricName)
    if (attempt !== undefined) query.set('attempt', String(attempt))
    if (sequences) query.set('from', String(sequences.from))
    if (sequences) query.set('to', String(sequences.to))
    const body = await this.#connections.send('GET', `${OBSERVATIONS_PATH}${pathOf(trialUid)}/rows?${query}`)
    for await (const line of linesOf(body)) if (line !== '') yield readRow(JSON.parse(line))
  }

  changes(signal: AbortSignal, missedMs = 0): AsyncIterable<{ trialUid: string; final: boolean }> {
    return this.#changes(AbortSignal.any([signal, this.#closed.signal]), performance.now() - missedMs)
  }

  /** `heardMs`: everything before it was told, by the monotonic clock of this process. */
  async *#changes(signal: AbortSignal, heardMs: number): AsyncIterable<{ trialUid: string; final: boolean }> {
    let isAway = false
    while (!signal.aborted) {
      try {
        const askedMs = performance.now()
        const path = `${OBSERVATIONS_PATH}/changes?missed=${Math.ceil(askedMs - heardMs)}`
        for await (const line of linesOf(await this.#connections.send('GET', path, undefined, signal))) {
          if (isAway) this.#options.log('the observation store is back')
          isAway = false
          if (line !== '') yield JSON.parse(line)
          heardMs = performance.now()
        }
      } catch (error) {
        if (signal.aborted) return
        if (!isAway) this.#options.log(`the observation store is away: ${(error as Error).message}`)
        isAway = true
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }

  async putLogTail(trialUid: string, text: string): Promise<void> {
    await this.#json('PUT', `${pathOf(trialUid)}/log-tail`, { text })
  }

  async logTail(trialUid: string): Promise<string | undefined> {
    return (await this.#json<{ text?: string }>('GET', `${pathOf(trialUid)}/log-tail`)).text
  }

  async delete(trialUid: string): Promise<void> {
    await this.#json('DELETE', pathOf(trialUid))
  }

  async trialUids({ after, limit }: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) })
    return (await this.#json<{ trialUids: readonly string[] }>('GET', `/trials?${query}`)).trialUids
  }

  async sweep(gone: readonly string[], forMs: number): Promise<number> {
    return (await this.#json<{ swept: number }>('POST', '/sweep', { gone, forMs })).swept
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the observation store is closed'))
    await this.#connections[Symbol.asyncDispose]()
  }

  /** The store answers in JSON what this file and `wire.ts` agree on. */
  async #json<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
    const answer = await this.#connections.send(method, OBSERVATIONS_PATH + path, body)
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of answer) text += decoder.decode(chunk, { stream: true })
    } catch (cause) {
      throw new Unavailable(`the observation store broke off: ${(cause as Error).message}`, { cause })
    }
    return JSON.parse(text) as T
  }
}

const pathOf = (trialUid: string) => `/trials/${encodeURIComponent(trialUid)}`

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
