/** Services that are not ours: those that search are asked before the pool of the built-in ones, those that stop trials after it. */
import { AlgorithmRefusal, type Ask, type PoolAnswer, type SuggestPool } from '#controller'
import type { Clock } from '#kube'
import { type ForeignClient, type ForeignQuestion, ForeignRefusal, openForeignClient } from '#server'
import { CommandError, EXIT } from './exit.ts'

export interface ForeignServices {
  /** `HOST:PORT` of the service that searches; undefined: the algorithm is built in. */
  algorithm(ask: Ask): string | undefined
  /** Of the rule that stops trials of this search, where that is not built in. */
  stopping?(ask: Ask): StoppingService | undefined
}

interface StoppingService {
  /** `HOST:PORT` */
  readonly address: string
  /** Where it reads what trials reported. */
  readonly dbManagerAddress: string
}

/** Disposes `pool` with it. */
export function withForeignAlgorithms(pool: SuggestPool, services: ForeignServices, clock: Clock): SuggestPool {
  const closing = new AbortController()
  const validated = new Set<string>()
  let opening: Promise<ForeignClient> | undefined

  async function askServices(
    ask: Ask,
    { address, stopping }: { readonly address: string | undefined; readonly stopping: StoppingService | undefined },
    signal: AbortSignal,
  ): Promise<PoolAnswer> {
    opening ??= openForeignClient(clock)
    const client = await opening
    const question = questionOf(ask)
    if (!validated.has(ask.experimentUid)) {
      if (address !== undefined) await client.validate(address, question.experiment, signal)
      if (stopping) await client.validateStopping(stopping.address, question.experiment, signal)
      validated.add(ask.experimentUid)
    }
    const answer =
      address === undefined ? await pool.ask(ask, signal) : await suggested(client, address, question, signal)
    if (!stopping || answer.assignments.length === 0) return answer
    const rules = { ...question, dbManagerAddress: stopping.dbManagerAddress }
    return { ...answer, earlyStoppingRules: await client.stoppingRules(stopping.address, rules, signal) }
  }

  return {
    async ask(ask, signal) {
      const address = services.algorithm(ask)
      const stopping = services.stopping?.(ask)
      if (address === undefined && !stopping) return pool.ask(ask, signal)
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
      try {
        return await askServices(ask, { address, stopping }, either)
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

async function suggested(
  client: ForeignClient,
  address: string,
  question: ForeignQuestion,
  signal: AbortSignal,
): Promise<PoolAnswer> {
  const { assignments, algorithmSettings } = await client.suggest(address, question, signal)
  const firstIndex = question.total - question.count
  return {
    assignments: assignments.map((each, i) => ({ ...each, index: firstIndex + i })),
    searchEnded: false,
    carried: algorithmSettings,
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

/** `NAME=HOST:PORT` entries of a flag by name; `what` is named in a refusal. */
export function serviceEndpoints(flag: string, what: string, entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    entries.map(entry => {
      const [, name, address] = /^([^=]+)=([^=/]+:\d+)$/.exec(entry) ?? []
      if (name === undefined || address === undefined)
        throw new CommandError(EXIT.usage, `${flag} ${entry}: expected ${what}=HOST:PORT`)
      return [name, address]
    }),
  )
}
