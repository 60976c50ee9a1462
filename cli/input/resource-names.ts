/** Names of kinds as users type them, and the names of trials. */
import { API_VERSION, EXPERIMENT_LABEL, INDEX_LABEL, type Trial } from '#api'
import type { ReadingClient } from '#kube'
import { CommandError, EXIT } from '../exit.ts'

export interface KindName {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const kinds: readonly (KindName & { readonly aliases: readonly string[] })[] = [
  { apiVersion: API_VERSION, kind: 'Experiment', plural: 'experiments', namespaced: true, aliases: ['exp'] },
  { apiVersion: API_VERSION, kind: 'Trial', plural: 'trials', namespaced: true, aliases: [] },
  { apiVersion: API_VERSION, kind: 'Suggestion', plural: 'suggestions', namespaced: true, aliases: [] },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', namespaced: true, aliases: [] },
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, aliases: ['po'] },
  { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true, aliases: ['ev'] },
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true, aliases: ['cm'] },
  { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false, aliases: ['ns'] },
]

/** Throws a usage error that lists what is known. */
export function kindNamed(text: string): KindName {
  const found = aliasedKind(text)
  if (found) return found
  throw new CommandError(EXIT.usage, `unknown kind "${text}": expected ${kinds.map(kind => kind.plural).join(', ')}`)
}

function aliasedKind(text: string): KindName | undefined {
  const name = text.toLowerCase()
  return kinds.find(kind => [kind.plural, kind.kind.toLowerCase(), ...kind.aliases].includes(name))
}

export interface NamedObject {
  readonly kind: KindName
  readonly name: string
}

/** Objects as users type them: `NAME`, `KIND/NAME` (also `KIND.GROUP/NAME`), or one `KIND` and its names. */
export function objectsNamed(words: readonly string[], otherwise: string): readonly NamedObject[] {
  const [first, ...rest] = words
  if (rest.length > 0 && aliasedKind(first) !== undefined) return objectsNamed(rest, first)
  return words.map(word => {
    const [kindPart, name] = word.split('/')
    return name === undefined
      ? { kind: kindNamed(otherwise), name: word }
      : { kind: kindNamed(kindPart.split('.')[0]), name }
  })
}

export function collectionPath(kind: KindName, namespace: string | undefined): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${kind.plural}`
}

/** The trial called `name`: its own name, or `EXPERIMENT#NUMBER`. `undefined` where there is none. */
export async function findTrial(client: ReadingClient, namespace: string, name: string): Promise<Trial | undefined> {
  const [experiment, number] = name.split('#')
  if (number === undefined) return client.get<Trial>({ apiVersion: API_VERSION, kind: 'Trial', namespace, name })
  const labelSelector = `${EXPERIMENT_LABEL}=${experiment},${INDEX_LABEL}=${number}`
  const { items } = await client.list<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace, labelSelector })
  return items[0]
}

export async function trialNamed(client: ReadingClient, namespace: string, name: string): Promise<Trial> {
  const trial = await findTrial(client, namespace, name)
  if (trial) return trial
  throw new CommandError(
    EXIT.notFound,
    `no trial "${name}" in namespace ${namespace}; see \`qalam get trials -n ${namespace}\``,
  )
}
