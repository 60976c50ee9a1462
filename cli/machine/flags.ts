/** What the command line says about the machine that runs trials. */
import { resolve } from 'node:path'
import { CommandError, EXIT } from '../exit.ts'

export interface MachineFlags {
  readonly env: readonly string[]
  readonly image: readonly string[]
  readonly cpus?: number
  readonly gpus?: number
  readonly keepTrials: string
  /** Trials that push get the proxy of Katib's `report_metrics()`. */
  readonly grpcProxy: boolean
  /** `ALGORITHM=HOST:PORT`: services that search in place of a built-in algorithm. */
  readonly suggestionEndpoint: readonly string[]
  /** `RULE=HOST:PORT`: services that say when trials are stopped early. */
  readonly earlyStoppingEndpoint: readonly string[]
}

/** `NAME=DIR` entries as a table from image to folder. */
export function imageFolders(entries: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.map(entry => {
      const equals = entry.lastIndexOf('=')
      if (equals < 1 || equals === entry.length - 1)
        throw new CommandError(EXIT.usage, `--image ${entry}: expected NAME=DIR`)
      return [entry.slice(0, equals), resolve(entry.slice(equals + 1))]
    }),
  )
}

/** Variables that every trial gets: `NAME` takes our value, `NAME=VALUE` gives one. */
export function trialVariables(entries: readonly string[]): Readonly<Record<string, string>> {
  const pairs = entries.map(entry => {
    const equals = entry.indexOf('=')
    return equals < 0 ? [entry, process.env[entry]] : [entry.slice(0, equals), entry.slice(equals + 1)]
  })
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

export type KeepTrials = { readonly keep: 'all' | 'none' } | { readonly keep: 'best'; readonly count: number }

export function keptTrials(text: string): KeepTrials {
  if (text === 'all' || text === 'none') return { keep: text }
  const best = /^best:([1-9]\d*)$/.exec(text)
  if (best) return { keep: 'best', count: Number(best[1]) }
  throw new CommandError(EXIT.usage, `--keep-trials ${text}: expected all, best:N or none`)
}
