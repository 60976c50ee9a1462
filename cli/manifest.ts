/** Manifests as users write them: YAML with several documents, and the line of every problem. */
import { readFileSync } from 'node:fs'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLError } from 'yaml'
import type { Resource, SpecProblem } from '#api'
import { CommandError, EXIT } from './exit.ts'

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
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, intAsBigInt: true })
  if (!Array.isArray(documents))
    throw new CommandError(EXIT.invalidSpec, `${file}: expected a YAML document, got nothing`)
  const errors = documents.flatMap(document => document.errors)
  if (errors.length > 0) throw new CommandError(EXIT.invalidSpec, errors.map(error => syntax(file, error)).join('\n'))
  return documents
    .filter(document => document.contents !== null && document.toJS() !== null)
    .map(document => {
      const value = plain(document.toJS({ maxAliasCount: 100 }), file)
      const start = lines.linePos(document.contents?.range?.[0] ?? 0).line
      if (!isResource(value)) {
        throw new CommandError(
          EXIT.invalidSpec,
          `${file}:${start}: expected an object with apiVersion, kind and metadata`,
        )
      }
      const lineOf = (path: string) => lines.linePos(nodeAt(document.contents as Node, path)?.range?.[0] ?? 0).line
      return { resource: value, file, lineOf }
    })
}

/** `exp.yaml:31  spec.objective.type: expected ..., got ...`, one line a problem. */
export function problemLines(manifest: Manifest, problems: readonly SpecProblem[]): string {
  return problems
    .map(problem => `${manifest.file}:${manifest.lineOf(problem.path)}  ${problem.path}: ${problem.message}`)
    .join('\n')
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
      `${file}: expected at most 1 MiB, got ${(bytes.length / 2 ** 20).toFixed(1)} MiB`,
    )
  }
  return bytes.toString('utf8')
}

const syntax = (file: string, error: YAMLError) =>
  `${file}:${error.linePos?.[0].line ?? 1}  ${error.message.split('\n')[0]}`

/** Integers a double cannot hold stay digit by digit, as raw JSON; keys that would reach a prototype are refused. */
function plain(value: unknown, file: string): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : JSON.rawJSON(value.toString())
  }
  if (Array.isArray(value)) return value.map(item => plain(item, file))
  if (value === null || typeof value !== 'object') return value
  if (Object.hasOwn(value, '__proto__'))
    throw new CommandError(EXIT.invalidSpec, `${file}: the key "__proto__" is not allowed`)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, file)]))
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
