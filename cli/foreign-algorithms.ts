/** Searches of services that are not ours, put before the pool that asks the built-in ones. */
import { AlgorithmRefusal, type Ask, type PoolAnswer, type SuggestPool } from '#controller'
import type { Clock } from '#kube'
import { type ForeignClient, type ForeignQuestion, ForeignRefusal, openForeignClient } from '#server'
import { CommandError, EXIT } from './exit.ts'

export interface ForeignServices {
  /** `HOST:PORT` of the service that searches; undefined: the algorithm is built in. */
  algorithm(ask: Ask): string | undefined
  /** Of the rule that stops trials of this search, where that is not built in. */
  stopping?(ask: Ask): { readonly address: string; readonly dbManagerAddress: string } | undefined
}

/** Disposes `pool` with it. */
export function withForeignAlgorithms(pool: SuggestPool, services: ForeignServices, clock: Clock): SuggestPool {
  const closing = new AbortController()
  const validated = new Set<string>()
  let opening: Promise<ForeignClient> | undefined

  async function askForeign(ask: Ask, address: string, signal: AbortSignal): Promise<PoolAnswer> {
    opening ??= openForeignClient(clock)
    const client = await opening
    const question = questionOf(ask)
    const stopping = services.stopping?.(ask)
    if (!validated.has(ask.experimentUid)) {
      await client.validate(address, question.experiment, signal)
      if (stopping) await client.validateStopping(stopping.address, question.experiment, signal)
      validated.add(ask.experimentUid)
    }
    const { assignments, algorithmSettings } = await client.suggest(address, question, signal)
    const rules = stopping && { ...question, dbManagerAddress: stopping.dbManagerAddress }
    return {
      assignments: assignments.map((each, i) => ({ ...each, index: ask.firstIndex + i })),
      searchEnded: false,
      carried: algorithmSettings,
      ...(rules ? { earlyStoppingRules: await client.stoppingRules(stopping.address, rules, signal) } : {}),
    }
  }

  return {
    async ask(ask, signal) {
      const address = services.algorithm(ask)
      if (address === undefined) return pool.ask(ask, signal)
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
      try {
        return await askForeign(ask, address, either)
      } catch (error) {
        throw error instanceof ForeignRefusal ? new AlgorithmRefusal(error.message) : error
      }
    },
    forget(experimentUid) {
      validated.delete(experimentUid)
      pool.forget(experimentUid)
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the suggest pool is closed'))
      await pool[Symbol.asyncDispose]()
    },
  }
}

function questionOf({ foreign, problem, objective, algorithm, trials, firstIndex, count }: Ask): ForeignQuestion {
  const carried = foreign?.carried ?? []
  const settings = new Map([...(algorithm.algorithmSettings ?? []), ...carried].map(each => [each.name, each]))
  return {
    experiment: {
      name: foreign?.name ?? '',
      ...{ problem, objective },
      algorithm: { ...algorithm, algorithmSettings: [...settings.values()] },
      ...(foreign?.earlyStopping ? { earlyStopping: foreign.earlyStopping } : {}),
    },
    trials: [...(trials.changes() ?? [])].flatMap(({ facts }) => (facts ? [facts] : [])),
    count,
    total: firstIndex + count,
  }
}

/** `ALGORITHM=HOST:PORT` entries by algorithm. */
export function suggestionEndpoints(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    entries.map(entry => {
      const [, name, address] = /^([^=]+)=([^=/]+:\d+)$/.exec(entry) ?? []
      if (name === undefined || address === undefined)
        throw new CommandError(EXIT.usage, `--suggestion-endpoint ${entry}: expected ALGORITHM=HOST:PORT`)
      return [name, address]
    }),
  )
}
