/** `qalam algorithms`: what can be searched with, and the settings of one. Needs no server. */
import { nearestNames } from '#suggestion'
import { algorithmEntries } from './algorithm-entries.ts'
import { CommandError, EXIT } from './exit.ts'
import { table } from './output/table.ts'

export function algorithms(name: string | undefined, { output }: { output?: string }): void {
  if (output !== undefined && output !== 'json') throw new CommandError(EXIT.usage, `-o ${output}: expected json`)
  const all = algorithmEntries()
  const one = all.find(entry => entry.name === name)
  if (name !== undefined && !one) {
    const nearest = nearestNames(name)[0]
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    const known = all.map(entry => entry.name).join(', ')
    throw new CommandError(EXIT.notFound, `no algorithm "${name}"${hint} (known: ${known})`)
  }
  if (output === 'json') process.stdout.write(`${JSON.stringify(one ?? { algorithms: all }, undefined, 2)}\n`)
  else process.stdout.write(`${one ? described(one) : listed(all)}\n`)
}

type Entry = ReturnType<typeof algorithmEntries>[number]

function listed(all: readonly Entry[]): string {
  return table(
    ['NAME', 'WHAT FOR'],
    all.map(({ name, title }) => [name, title]),
  )
}

function described({ name, title, source, needs, settings }: Entry): string {
  const rows = settings.map(setting => [
    setting.name,
    setting.default ?? (setting.required ? 'required' : '-'),
    setting.accepts,
    setting.description,
  ])
  return [
    `${name}: ${title}`,
    `source: ${source}`,
    ...(needs === undefined ? [] : [`needs ${needs}`]),
    '',
    table(['SETTING', 'DEFAULT', 'ACCEPTS', 'MEANING'], rows),
  ].join('\n')
}
