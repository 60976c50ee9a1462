/** Manifests as users write them: YAML with several documents, and the line of every problem. */
import { readFileSync } from 'node:fs'
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLError } from 'yaml'
import { MAX_NESTING, nestsTooDeep, type Resource, type SpecProblem } from '#api'
import { CommandError, EXIT } from '../exit.ts'

const SIZE_LIMIT_BYTES = 1024 * 1024

/** One document of a file. */
export interface Manifest {
  readonly resource: Resource
  /** The file as the user named it; `-` is standard input. */
  readonly file: string
  /** Line (from 1) of the deepest node on `path` (`spec.parameters[2].name`) that the document has. */
  lineOf(path: string): number
}

/**
 * Reads every document of `file`. Throws `CommandError` (invalidSpec) with line numbers for anything that is no object
 * with apiVersion and kind, for a file above 1 MiB and for aliases that multiply.
 */
export function readManifests(file: string): readonly Manifest[] {
  const text = readText(file)
  refuseDepth(file, text)
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, intAsBigInt: true })
  if (!Array.isArray(documents))
    throw new CommandError(EXIT.invalidSpec, `${file}: expected a YAML document, got nothing`)
  const errors = documents.flatMap(document => document.errors)
  if (errors.length > 0) throw new CommandError(EXIT.invalidSpec, errors.map(error => syntax(file, error)).join('\n'))
  return documents
    .filter(({ contents }) => contents !== null && !(isScalar(contents) && contents.value === null))
    .map(document => {
      const lineOf = (path: string) => lines.linePos(nodeAt(document.contents as Node, path)?.range?.[0] ?? 0).line
      const value = plain(contentOf(document, `${file}:${lineOf('')}`), '', (path, message) => {
        throw new CommandError(EXIT.invalidSpec, `${file}:${lineOf(path)}  ${path}: ${message}`)
      })
      if (!isResource(value)) {
        throw new CommandError(
          EXIT.invalidSpec,
          `${file}:${lineOf('')}  expected an object with apiVersion, kind and metadata, got ${named(value)}`,
        )
      }
      return { resource: value, file, lineOf }
    })
}

/** `exp.yaml:31  spec.objective.type: expected ..., got ...`, one line a problem. */
export function problemLines(manifest: Manifest, problems: readonly SpecProblem[]): string {
  return problems
    .map(problem => `${manifest.file}:${manifest.lineOf(problem.path)}  ${problem.path}: ${problem.message}`)
    .join('\n')
}

/** What people call the object: its name, or what the server makes one of. */
export function calledIn({ resource: { metadata } }: Manifest): string {
  return metadata.name || `${metadata.generateName ?? ''}*`
}

function readText(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw new CommandError(
      EXIT.usage,
      `${file}: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause)}`,
      { cause },
    )
  }
  if (bytes.length > SIZE_LIMIT_BYTES) {
    throw new CommandError(
      EXIT.invalidSpec,
      `${file}: expected at most 1 MiB (${SIZE_LIMIT_BYTES} bytes), got ${bytes.length} bytes; split it into several files`,
    )
  }
  return bytes.toString('utf8')
}

function refuseDepth(file: string, text: string): void {
  const at = nestsTooDeep(text, 'YAML')
  if (at === undefined) return
  const line = text.slice(0, at).split('\n').length
  throw new CommandError(
    EXIT.invalidSpec,
    `${file}:${line}  expected at most ${MAX_NESTING} levels, got more; manifests are some twenty levels deep`,
  )
}

function syntax(file: string, { code, linePos, message }: YAMLError): string {
  const what =
    code === 'DUPLICATE_KEY'
      ? 'expected each key once, got one twice; remove or rename it'
      : `expected YAML: ${message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, '')}`
  return `${file}:${linePos?.[0].line ?? 1}  ${what}`
}

/** Few aliases are a convenience; aliases of aliases make a document of any size out of a few lines. */
function contentOf(document: Document, place: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const what = /^Excessive/.test((cause as Error).message)
      ? 'expected at most 100 uses of aliases, got aliases that multiply; write the values out'
      : `expected YAML: ${(cause as Error).message}`
    throw new CommandError(EXIT.invalidSpec, `${place}  ${what}`, { cause })
  }
}

/** Integers a double cannot hold stay digit by digit, as raw JSON; keys that would reach a prototype are refused. */
function plain(value: unknown, path: string, refuse: (path: string, message: string) => never): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : JSON.rawJSON(value.toString())
  }
  if (Array.isArray(value)) return value.map((item, i) => plain(item, `${path}[${i}]`, refuse))
  if (value === null || typeof value !== 'object') return value
  const within = (key: string) => (path === '' ? key : `${path}.${key}`)
  if (Object.hasOwn(value, '__proto__'))
    refuse(within('__proto__'), 'expected another name, got the key "__proto__", which is not allowed; remove it')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, within(key), refuse)]))
}

function named(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `one with ${Object.keys(value).slice(0, 5).join(', ') || 'no keys'}`
}

function isResource(value: unknown): value is Resource {
  if (value === null || typeof value !== 'object') return false
  const { apiVersion, kind, metadata } = value as Record<string, unknown>
  return typeof apiVersion === 'string' && typeof kind === 'string' && metadata !== null && typeof metadata === 'object'
}

function nodeAt(root: Node, path: string): Node | undefined {
  const steps = path.match(/[^.[\]]+/g) ?? []
  let node: Node = root
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === step)
      if (pair === undefined) return node
      node = (pair.value ?? pair.key) as Node
      if (pair.value === null || (isScalar(pair.value) && pair.value.value === null)) node = pair.key as Node
      continue
    }
    if (!isSeq(node) || node.items[Number(step)] === undefined) return node
    node = node.items[Number(step)] as Node
  }
  return node
}
