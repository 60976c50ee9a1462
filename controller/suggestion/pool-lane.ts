/**
 * One worker thread and the experiments at home in it, asked one after another.
 *
 * States. none: no thread; the next ask starts one and knows nothing. ready: asked and answering, `#told` holds what was
 * sent. Over budget, crashed, not asked for a while or closed: the thread is terminated, `#told` is empty, back to none.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Clock } from '#kube'
import type { SuggestAnswer } from '#suggestion'
import type { Ask } from './pool-ask.ts'
import { Told } from './pool-told.ts'
import type { WorkerMessage, WorkerRequest } from './worker.ts'

export type LaneOutcome =
  | { readonly is: 'answer'; readonly answer: SuggestAnswer }
  | { readonly is: 'over-budget' | 'closed' }
  | { readonly is: 'error'; readonly message: string }

export class PoolLane {
  readonly #budgetMs: number
  readonly #clock: Clock
  readonly #told = new Told()
  #worker: Worker | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #idle: Disposable | undefined
  #depth = 0
  #closed = false

  constructor(budgetMs: number, clock: Clock) {
    this.#budgetMs = budgetMs
    this.#clock = clock
  }

  /** Asks that wait or are being answered. */
  get depth(): number {
    return this.#depth
  }

  /** Never rejects. The budget counts from the moment the thread takes the question up. */
  ask(ask: Ask): Promise<LaneOutcome> {
    this.#idle?.[Symbol.dispose]()
    const outcome = this.#tail.then(() => this.#askNow(ask))
    this.#tail = outcome
    this.#depth++
    void outcome.then(() => {
      this.#depth--
      this.#rest(outcome)
    })
    return outcome
  }

  forget(experimentUid: string): void {
    this.#told.forget(experimentUid)
    this.#worker?.postMessage({ is: 'forget', experimentUid } satisfies WorkerRequest)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#idle?.[Symbol.dispose]()
    if (this.#depth === 0) await this.#end()
    else this.#terminate()
    await this.#tail
  }

  /** A thread takes some 30 MiB; what it knew is sent again to the next one. */
  #rest(last: Promise<unknown>): void {
    if (this.#tail !== last || this.#closed) return
    this.#idle = this.#clock.after(IDLE_MS, () => {
      this.#tail = this.#end()
    })
  }

  async #askNow(ask: Ask): Promise<LaneOutcome> {
    if (this.#closed) return { is: 'closed' }
    const first = await this.#exchange(ask)
    if (first.is !== 'unknown') return first
    this.#told.forget(ask.experimentUid)
    const second = await this.#exchange(ask)
    return second.is === 'unknown' ? { is: 'error', message: 'the worker does not know the experiment' } : second
  }

  async #exchange(ask: Ask): Promise<LaneOutcome | { is: 'unknown' }> {
    let worker: Worker
    try {
      worker = await this.#started()
    } catch (reason) {
      this.#terminate()
      return this.#closed ? { is: 'closed' } : { is: 'error', message: String(reason) }
    }
    const reply = replyOf(worker)
    const request: WorkerRequest = { is: 'question', question: this.#told.question(ask) }
    worker.postMessage(request)
    const overBudget = Promise.withResolvers<{ is: 'over-budget' }>()
    using _timer = this.#clock.after(this.#budgetMs, () => overBudget.resolve({ is: 'over-budget' }))
    const outcome = await Promise.race([reply, overBudget.promise])
    if (outcome.is === 'over-budget' || outcome.is === 'gone') this.#terminate()
    if (outcome.is === 'gone') return this.#closed ? { is: 'closed' } : { is: 'error', message: outcome.message }
    return outcome
  }

  async #started(): Promise<Worker> {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    this.#worker = worker
    const reply = await replyOf(worker)
    if (reply.is === 'gone') throw new Error(reply.message)
    return worker
  }

  /** In the middle of its work; nobody waits for it. */
  #terminate(): void {
    void this.#leave()?.terminate()
  }

  /** An idle thread ends by itself: one that is terminated while it sleeps was seen never to say that it has ended. */
  async #end(): Promise<void> {
    const worker = this.#leave()
    if (!worker) return
    const ended = once(worker, 'exit')
    worker.postMessage({ is: 'end' } satisfies WorkerRequest)
    await ended
  }

  #leave(): Worker | undefined {
    const worker = this.#worker
    this.#worker = undefined
    this.#told.clear()
    return worker
  }
}

const IDLE_MS = 30_000

type ThreadReply = Exclude<WorkerMessage, { is: 'ready' }>
type Gone = { readonly is: 'gone'; readonly message: string }

/** The next message of the thread, or its end. `ready` counts as a message of the start. */
async function replyOf(worker: Worker): Promise<ThreadReply | Gone> {
  const listening = new AbortController()
  const options = { signal: listening.signal }
  try {
    return await Promise.race([
      // Only worker.ts posts to this port, and it posts WorkerMessage alone.
      once(worker, 'message', options).then(([message]) => message as ThreadReply),
      once(worker, 'exit', options).then(([code]): Gone => ({ is: 'gone', message: `the worker ended with ${code}` })),
    ])
  } catch (reason) {
    return { is: 'gone', message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) }
  } finally {
    listening.abort()
  }
}
