/** `qalam suggestion`: our algorithms as Katib's Suggestion service, for a Katib that stays. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Ask, createSuggestPool } from '#controller'
import { openSuggestionPort, type SearchCall } from '#server'
import { algorithms } from '#suggestion'
import { CommandError, EXIT } from './exit.ts'
import { listening } from './listening.ts'

interface SuggestionOptions {
  readonly port: number
  readonly host: string
  readonly algorithm?: string
  readonly data?: string
}

/** Where Katib mounts the volume of an algorithm. */
const KATIB_DATA = '/opt/katib/data'
/** Katib gives up after 60 s. */
const BUDGET_MS = 50_000

/** Serves until SIGINT or SIGTERM. */
export async function suggestion(options: SuggestionOptions): Promise<void> {
  const { algorithm, host, port, data = existsSync(KATIB_DATA) ? KATIB_DATA : undefined } = options
  if (algorithm !== undefined && !algorithms.has(algorithm))
    throw new CommandError(EXIT.usage, `--algorithm ${algorithm}: expected one of ${[...algorithms.keys()].join(', ')}`)
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve())
  const log = (line: string) => process.stderr.write(`${line}\n`)
  await using pool = createSuggestPool({ budgetMs: BUDGET_MS, onTrouble: (_, message) => log(message) })
  await using wire = await openSuggestionPort({
    search: async call => {
      const ask = askOf(call)
      try {
        return await pool.ask(ask)
      } finally {
        pool.forget(ask.experimentUid)
      }
    },
    checkpoints: { suffix: () => randomUUID().slice(0, 8), ...(data === undefined ? {} : { directory: data }) },
    ...(algorithm === undefined ? {} : { algorithmName: algorithm }),
    log,
  })
  process.stdout.write(`ready grpc=${await listening('--port', port, () => wire.listen(host, port))}\n`)
  await asked
}

/** Each call is a stranger to the pool: everything is in it. */
function askOf({ trials, ...call }: SearchCall): Ask {
  return {
    ...call,
    experimentUid: randomUUID(),
    trials: {
      moment: 0,
      changes: () => trials.map(facts => ({ index: facts.index, facts })),
      waiting: () => [],
    },
  }
}
