/** The result of a search on stdout: as arguments, environment, JSON or YAML. */
import { stringify } from 'yaml'
import { CommandError, EXIT } from '../exit.ts'

export const RESULT_FORMATS = ['args', 'env', 'json', 'yaml'] as const
export type ResultFormat = (typeof RESULT_FORMATS)[number]

/** One trial as `best` answers it; `parameters` are typed from the search space, `assignments` are Katib's strings. */
export interface BestTrial {
  readonly name: string
  readonly objective: number
  readonly parameters: Readonly<Record<string, string | number>>
  readonly assignments: readonly { readonly name: string; readonly value: string }[]
}

/**
 * `args`: `--lr=0.01 --momentum=0.9` on one line, quoted for a shell. `env`: `LR=0.01`, one a line; names are upper
 * case with `_` for what a variable name may not hold. `json`, `yaml`: the parameters, typed.
 */
export function formatResult(trial: BestTrial, format: ResultFormat): string {
  switch (format) {
    case 'args':
      return trial.assignments.map(({ name, value }) => shellWord(`--${name}=${value}`)).join(' ')
    case 'env':
      return trial.assignments.map(({ name, value }) => `${variable(name)}=${shellWord(value)}`).join('\n')
    case 'json':
      return JSON.stringify(trial.parameters)
    case 'yaml':
      return stringify(trial.parameters).trimEnd()
  }
}

export function resultFormat(text: string): ResultFormat {
  const format = RESULT_FORMATS.find(known => known === text)
  if (format === undefined) throw new CommandError(EXIT.usage, `-o ${text}: expected ${RESULT_FORMATS.join(', ')}`)
  return format
}

const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
const variable = (name: string) =>
  name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_')
