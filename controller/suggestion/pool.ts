/** The suggest pool: searches run in worker threads, each experiment at home in one that keeps its history. */
import { type Clock, systemClock } from '#kube'
import type { Ask, PoolAnswer, SuggestPool } from './pool-ask.ts'
import { quasiRandom } from './pool-fallback.ts'
import { PoolLane } from './pool-lane.ts'
import { createPoolMemory } from './pool-memory.ts'
import { Told } from './pool-told.ts'

export interface PoolOptions {
  /** Threads at most, started as they are needed; default 2: one slow experiment does not hold up the others. */
  readonly workers?: number
  /** Milliseconds an algorithm may think about one ask; default 10,000: ten times what the dearest model needs. */
  readonly budgetMs?: number
  readonly clock?: Clock
  /** Told in one sentence whenever an algorithm was replaced. */
  readonly onTrouble?: (experimentUid: string, message: string) => void
}

export function createSuggestPool(options: PoolOptions = {}): SuggestPool {
  const { workers = 2, budgetMs = 10_000, clock = systemClock, onTrouble = () => {} } = options
  const lanes = Array.from({ length: workers }, () => new PoolLane(budgetMs, clock))
  const homes = new Map<string, PoolLane>()

  /** At home while nobody else is asked there; where another lane is free instead, that one is told everything. */
  function laneOf(experimentUid: string): PoolLane {
    const home = homes.get(experimentUid)
    if (home?.depth === 0) return home
    const lane = lanes.find(({ depth }) => depth === 0) ?? home ?? lanes.reduce((a, b) => (b.depth < a.depth ? b : a))
    if (lane !== home) home?.forget(experimentUid)
    homes.set(experimentUid, lane)
    return lane
  }

  async function answer(ask: Ask): Promise<PoolAnswer> {
    const outcome = await laneOf(ask.experimentUid).ask(ask)
    if (outcome.is === 'answer') return outcome.answer
    if (outcome.is === 'closed') throw new Error('the suggest pool is closed')
    const { algorithmName } = ask.algorithm
    const why = outcome.is === 'error' ? outcome.message : `took longer than ${budgetMs} ms`
    const replacedBecause = `${algorithmName} is replaced by quasi-random points: ${why}`
    onTrouble(ask.experimentUid, replacedBecause)
    const short = `${algorithmName} ${outcome.is === 'error' ? 'has failed' : why}`
    return { ...(await quasiRandom(ask, outcome.is, short)), replacedBecause }
  }

  return {
    ask: (ask, signal) => untilAborted(answer(ask), signal),
    forget(experimentUid) {
      homes.get(experimentUid)?.forget(experimentUid)
      homes.delete(experimentUid)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map(lane => lane.close()))
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
