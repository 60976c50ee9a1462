/**
 * KatibConfigs. The ConfigMap `katib-config` of a cluster is watched, read whole, and kept as it was while an edit is no good; on
 * one machine a file is read at the start.
 */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { parseKatibConfig, problemsText, type Resource, type SpecProblem } from '#api'
import { type BuiltIn, type KatibSettings, katibSettings } from '#controller'
import type { Informers } from '#kube'
import { CommandError, EXIT } from './exit.ts'
import { knowledge } from './knowledge.ts'

export interface KatibConfigOptions {
  readonly informers: Informers
  readonly namespace: string
  /** Of the ConfigMap. */
  readonly name: string
  log(line: string): void
}

export interface WatchedKatibConfig extends Disposable {
  /** Of the last good text; undefined: there is no such ConfigMap. */
  readonly settings: KatibSettings | undefined
}

/** The key that Katib looks under. */
const KEY = 'katib-config.yaml'

/**
 * Resolves with the first list. Rejects with `CommandError` where the text is no good from the start: going on with defaults
 * would refuse what the administrator allows.
 */
export async function watchKatibConfig(
  { informers, namespace, name, log }: KatibConfigOptions,
  signal?: AbortSignal,
): Promise<WatchedKatibConfig> {
  const configMaps = informers.of<Resource>({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace })
  await configMaps.synced(signal)
  const place = `ConfigMap ${namespace}/${name}`
  const current = () => configMaps.get(namespace, name)
  let settings: KatibSettings | undefined
  let text: string | undefined

  function look(): void {
    const object = current()
    const next = object && textOf(object)
    if (object && next === text && text !== undefined) return
    const read = object && settingsOf(next)
    if (read && 'problems' in read) throw new CommandError(EXIT.invalidSpec, problemLines(place, read.problems))
    if (!object && text !== undefined) log(`${place} is gone; the defaults count`)
    text = next
    settings = read?.settings
    for (const note of settings?.notes ?? []) log(`${place}: ${note}`)
  }

  look()
  const subscription = configMaps.onChange(({ object }) => {
    if (object.metadata.name !== name) return
    try {
      look()
    } catch (error) {
      log(`${(error as Error).message}\n${place}: what it said before still counts`)
    }
  })
  return {
    get settings() {
      return settings
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  }
}

/** A file with a KatibConfig, or with the ConfigMap that holds one, as it is now. Throws `CommandError` with every problem. */
export function katibConfigIn(file: string, log: (line: string) => void): KatibSettings {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CommandError(EXIT.usage, `--katib-config ${file}: ${(cause as Error).message}`)
  }
  const document = parseDocument(text, { uniqueKeys: true })
  const isConfigMap = document.errors.length === 0 && document.get('kind') === 'ConfigMap'
  const read = settingsOf(isConfigMap ? textOf(document.toJS({ maxAliasCount: 100 }) as Resource) : text)
  if ('problems' in read) throw new CommandError(EXIT.invalidSpec, problemLines(file, read.problems))
  for (const note of read.settings.notes) log(`${file}: ${note}`)
  return read.settings
}

/** What a text says, or every problem of it. */
export function settingsOf(
  text: string | undefined,
  builtIn: BuiltIn = knowledge,
): { readonly settings: KatibSettings } | { readonly problems: readonly SpecProblem[] } {
  if (text === undefined) {
    const message = `expected the text of a KatibConfig under the key ${KEY}, got nothing`
    return { problems: [{ path: '', reason: 'Required', message }] }
  }
  const document = parseDocument(text, { uniqueKeys: true })
  const problems = document.errors.map(
    ({ message }): SpecProblem => ({ path: '', reason: 'Invalid', message: message.split('\n')[0] ?? message }),
  )
  if (problems.length > 0) return { problems }
  const parsed = parseKatibConfig(document.toJS({ maxAliasCount: 100 }))
  return 'problems' in parsed ? parsed : { settings: katibSettings(parsed.config, builtIn) }
}

function textOf({ data }: Resource): string | undefined {
  const text = (data as Readonly<Record<string, unknown>> | undefined)?.[KEY]
  return typeof text === 'string' ? text : undefined
}

const problemLines = (place: string, problems: readonly SpecProblem[]) =>
  problems.map(problem => `${place}: ${problemsText([problem])}`).join('\n')
