/** What was asked of the server: counters by verb, kind and identity, for budgets, tests and metrics. */

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'log'
  | 'discover'

export interface LoggedRequest {
  readonly verb: Verb
  /** `Trial`, with its subresource `Trial/status`; empty for discovery. */
  readonly kind: string
  readonly identity: string
  readonly status: number
}

export interface RequestCount {
  readonly verb: Verb
  readonly kind: string
  readonly identity: string
  readonly count: number
}

export class RequestLog {
  readonly #counts = new Map<string, { verb: Verb; kind: string; identity: string; count: number }>()
  readonly #listeners = new Set<(request: LoggedRequest) => void>()

  /** Counted when the answer's status is known; a watch when it begins. */
  add(request: LoggedRequest): void {
    const { verb, kind, identity } = request
    const key = `${verb} ${kind} ${identity}`
    const found = this.#counts.get(key)
    if (found) found.count += 1
    else if (this.#counts.size < MAX_COUNTERS) this.#counts.set(key, { verb, kind, identity, count: 1 })
    for (const listener of this.#listeners) listener(request)
  }

  /** Copies, in the order of first requests. */
  counts(): RequestCount[] {
    return [...this.#counts.values()].map(count => ({ ...count }))
  }

  /** Requests in all that match every given field. */
  total(filter: Partial<Pick<RequestCount, 'verb' | 'kind' | 'identity'>> = {}): number {
    return [...this.#counts.values()]
      .filter(count => Object.entries(filter).every(([key, value]) => count[key as 'verb'] === value))
      .reduce((sum, { count }) => sum + count, 0)
  }

  reset(): void {
    this.#counts.clear()
  }

  /** Called for each request; disposing ends it. */
  onRequest(listener: (request: LoggedRequest) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}

/** Identities come from user agents: a client that varies its own must not fill the memory. */
const MAX_COUNTERS = 2_000
