/** Placeholders of a trial template: where values go, and the names that stand for the trial itself. */

/** The whole scalar of a ConfigMap's YAML, unquoted: its value takes the YAML type that its text has. */
export class TypedPlaceholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

const placeholder = /\$\{trialParameters\.(.+?)\}/g

/** The name, if the text is one placeholder and nothing else. */
export function solePlaceholder(text: string): string | undefined {
  return /^\$\{trialParameters\.([^{}]+)\}$/.exec(text)?.[1]
}

/** `text` with every placeholder replaced, in one pass: a value that looks like a placeholder stays as it is. */
export function replacePlaceholders(text: string, valueFor: (name: string) => string): string {
  return text.replaceAll(placeholder, (_, name: string) => valueFor(name))
}

export interface PlaceholderUse {
  readonly name: string
  /** Dotted, from the root of the tree; keys that hold dots stand in brackets. */
  readonly path: string
  /** In the key of an entry, where nothing is replaced. */
  readonly inKey: boolean
}

/** Every use of a placeholder in a tree, in its order. */
export function placeholdersIn(tree: unknown, path = ''): readonly PlaceholderUse[] {
  if (typeof tree === 'string') return namesIn(tree).map(name => ({ name, path, inKey: false }))
  if (tree instanceof TypedPlaceholder) return [{ name: tree.name, path, inKey: false }]
  if (Array.isArray(tree)) return tree.flatMap((item, i) => placeholdersIn(item, `${path}[${i}]`))
  if (typeof tree !== 'object' || tree === null || JSON.isRawJSON(tree)) return []
  return Object.entries(tree).flatMap(([key, value]) => {
    const keyPath = path === '' ? key : /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${key}]`
    return [...namesIn(key).map(name => ({ name, path: keyPath, inKey: true })), ...placeholdersIn(value, keyPath)]
  })
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(match => match[1])
}

/** What `${trialSpec.Name}`, `${trialSpec.Labels[team]}`, ... in a reference stand for. */
export type MetadataReference =
  | { readonly field: 'Name' | 'Namespace' | 'Kind' | 'APIVersion' }
  | { readonly field: 'Annotations' | 'Labels'; readonly key: string }
  | { readonly field: 'unknown'; readonly text: string }

/** Undefined: the reference names a parameter of the search space. */
export function metadataReference(reference: string): MetadataReference | undefined {
  const text = /\$\{trialSpec\.(.+?)\}/.exec(reference)?.[1]
  if (text === undefined) return undefined
  if (text === 'Name' || text === 'Namespace' || text === 'Kind' || text === 'APIVersion') return { field: text }
  const entry = /^(Annotations|Labels)\[(.+)\]$/.exec(text)
  if (!entry) return { field: 'unknown', text }
  return { field: entry[1] as 'Annotations' | 'Labels', key: entry[2] }
}
