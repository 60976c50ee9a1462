/** `qalam get`: the same tables that kubectl prints, and the objects themselves. */
import { stringify } from 'yaml'
import { parseJson, type Resource } from '#api'
import { textOf } from '#kube'
import { CommandError, EXIT } from './exit.ts'
import { collectionPath, type KindName, kindNamed } from './input/resource-names.ts'
import { age, table } from './output/table.ts'
import type { BackEnd } from './place/back-end.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

interface GetOptions extends Place {
  readonly output?: string
  readonly watch?: boolean
  readonly selector?: string
  readonly allNamespaces?: boolean
}
/** What a server answers to `as=Table`. */
interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly type: string; readonly priority?: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: Resource }[]
}

const formats = [undefined, 'wide', 'json', 'jsonl', 'yaml', 'name']

export async function get(kindText: string, name: string | undefined, options: GetOptions): Promise<void> {
  if (!formats.includes(options.output)) {
    throw new CommandError(EXIT.usage, `-o ${options.output}: expected wide, json, jsonl, yaml or name`)
  }
  const [kindPart, namePart = name] = kindText.split('/')
  const kind = kindNamed(kindPart)
  await using place = await connect(options)
  const scope = options.allNamespaces ? undefined : place.namespace
  const path =
    collectionPath(kind, scope) + (namePart === undefined || options.watch ? '' : `/${encodeURIComponent(namePart)}`)
  const query = new URLSearchParams()
  if (options.selector !== undefined) query.set('labelSelector', options.selector)
  if (options.watch && namePart !== undefined) query.set('fieldSelector', `metadata.name=${namePart}`)
  if (options.watch) return await watch(place, path, query, options)
  const answer = await ask(place, `${path}?${query}`, isTable(options.output))
  process.stdout.write(`${print(answer, kind, options)}\n`)
}

function print(answer: unknown, kind: KindName, options: GetOptions): string {
  if (isTable(options.output)) return printTable(answer as Table, options, true)
  const items = (answer as { items?: readonly Resource[] }).items?.map(item =>
    Object.assign({ apiVersion: kind.apiVersion, kind: kind.kind }, item),
  )
  const list = items ? { apiVersion: 'v1', kind: 'List', items } : answer
  switch (options.output) {
    case 'json':
      return JSON.stringify(list, undefined, 2)
    case 'jsonl':
      return (items ?? [answer]).map(item => JSON.stringify(item)).join('\n')
    case 'yaml':
      return stringify(list).trimEnd()
    default:
      return ((items ?? [answer]) as readonly Resource[])
        .map(item => `${kind.kind.toLowerCase()}/${item.metadata.name}`)
        .join('\n')
  }
}

function printTable({ columnDefinitions, rows }: Table, options: GetOptions, withHeader: boolean): string {
  if (rows.length === 0 && withHeader) return 'nothing found'
  const shown = columnDefinitions
    .map((column, i) => ({ ...column, i }))
    .filter(column => options.output === 'wide' || !column.priority)
  const header = shown.map(column => column.name.toUpperCase())
  const cells = rows.map(row => shown.map(column => cellText(row.cells[column.i], column)))
  if (!options.allNamespaces)
    return table(header, cells)
      .split('\n')
      .slice(withHeader ? 0 : 1)
      .join('\n')
  const named = cells.map((row, i) => [rows[i].object?.metadata.namespace ?? '', ...row])
  return table(['NAMESPACE', ...header], named)
    .split('\n')
    .slice(withHeader ? 0 : 1)
    .join('\n')
}

/** Custom resources give the creation time in their Age column; kubectl turns it into an age itself. */
function cellText(cell: unknown, column: { name: string; type: string }): string {
  const text = cell == null ? '' : String(cell)
  return column.type === 'date' && !Number.isNaN(Date.parse(text)) ? age(Date.now() - Date.parse(text)) : text
}

async function watch(place: BackEnd, path: string, query: URLSearchParams, options: GetOptions): Promise<void> {
  const aborted = new AbortController()
  process.once('SIGINT', () => aborted.abort())
  query.set('watch', 'true')
  const asTable = isTable(options.output)
  const response = await place.transport.send({
    method: 'GET',
    path: `${path}?${query}`,
    headers: { accept: accept(asTable) },
    signal: aborted.signal,
  })
  if (response.status !== 200) throw new CommandError(EXIT.unexpected, await response.text())
  let rest = ''
  let columns: Table['columnDefinitions'] | undefined
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.chunks()) {
      const lines = (rest + textOf(chunk, decoder)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.filter(text => text !== '')) {
        const event = parseJson(line) as { type: string; object: unknown }
        if (event.type === 'BOOKMARK') continue
        if (asTable) {
          // Only the first table of a watch names its columns.
          const table = event.object as Table
          const columnDefinitions = columns ?? table.columnDefinitions
          process.stdout.write(`${printTable({ ...table, columnDefinitions }, options, columns === undefined)}\n`)
          columns = columnDefinitions
        } else process.stdout.write(`${JSON.stringify(event.object)}\n`)
      }
    }
  } catch (error) {
    if (!aborted.signal.aborted) throw error
  }
}

async function ask(place: BackEnd, path: string, asTable: boolean): Promise<unknown> {
  const response = await place.transport.send({ method: 'GET', path, headers: { accept: accept(asTable) } })
  const body = parseJson(await response.text())
  if (response.status === 404) throw new CommandError(EXIT.notFound, (body as { message: string }).message)
  if (response.status !== 200) throw new CommandError(EXIT.unexpected, (body as { message: string }).message)
  return body
}

const isTable = (output: string | undefined) => output === undefined || output === 'wide'
const accept = (asTable: boolean) =>
  asTable ? 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' : 'application/json'
