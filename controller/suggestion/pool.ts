/** The suggest pool: searches run in worker threads, each experiment pinned to one that keeps its history. */
import { type Clock, systemClock } from '#kube'
import type { SuggestAnswer } from '#suggestion'
import type { Ask, SuggestPool } from './pool-ask.ts'
import { quasiRandom } from './pool-fallback.ts'
import { PoolLane } from './pool-lane.ts'
import { createPoolMemory } from './pool-memory.ts'
import { Told } from './pool-told.ts'

export interface PoolOptions {
  /** Threads; default 2: one slow experiment does not hold up the others. */
  readonly workers?: number
  /** Milliseconds an algorithm may think about one ask; default 10,000: ten times what the dearest model needs. */
  readonly budgetMs?: number
  readonly clock?: Clock
  /** Told in one sentence whenever an algorithm was replaced. */
  readonly onTrouble?: (experimentUid: string, message: string) => void
}

export function createSuggestPool(options: PoolOptions = {}): SuggestPool {
  const { workers = 2, budgetMs = 10_000, clock = systemClock, onTrouble = () => {} } = options
  const lanes = Array.from({ length: workers }, () => ({
    lane: new PoolLane(budgetMs, clock),
    pinned: new Set<string>(),
  }))

  function pin(experimentUid: string) {
    const home = lanes.find(({ pinned }) => pinned.has(experimentUid))
    if (home) return home
    const emptiest = lanes.reduce((best, lane) => (lane.pinned.size < best.pinned.size ? lane : best))
    emptiest.pinned.add(experimentUid)
    return emptiest
  }

  async function answer(ask: Ask): Promise<SuggestAnswer> {
    const outcome = await pin(ask.experimentUid).lane.ask(ask)
    if (outcome.is === 'answer') return outcome.answer
    if (outcome.is === 'closed') throw new Error('the suggest pool is closed')
    const { algorithmName } = ask.algorithm
    const why = outcome.is === 'error' ? outcome.message : `took longer than ${budgetMs} ms`
    onTrouble(ask.experimentUid, `${algorithmName} is replaced by quasi-random points: ${why}`)
    return quasiRandom(ask, outcome.is)
  }

  return {
    ask: (ask, signal) => untilAborted(answer(ask), signal),
    forget(experimentUid) {
      const { lane, pinned } = pin(experimentUid)
      pinned.delete(experimentUid)
      lane.forget(experimentUid)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map(({ lane }) => lane.close()))
    },
  }
}

/** The same contract without threads and without a budget: for simulated worlds and tests. */
export function createInProcessAsk(): SuggestPool {
  const memory = createPoolMemory()
  const told = new Told()
  const forget = (experimentUid: string) => {
    told.forget(experimentUid)
    memory.forget(experimentUid)
  }
  return {
    async ask(ask, signal) {
      signal?.throwIfAborted()
      const first = await memory.answer(told.question(ask))
      if (first.is === 'answer') return first.answer
      forget(ask.experimentUid)
      const second = await memory.answer(told.question(ask))
      if (second.is === 'unknown') throw new Error('a fresh question is always known')
      return second.answer
    },
    forget,
    async [Symbol.asyncDispose]() {},
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
