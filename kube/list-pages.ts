/** A whole list, page by page, as of one version. */
import { ApiError, type Resource } from '#api'
import type { Type } from './resource-path.ts'

export interface WholeList<T extends Resource> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

/**
 * Asks `page` with the query of each page. Between two pages the server may forget the version that the list began with
 * (410): then it begins again, the third time in one page, which cannot expire on the way.
 */
export async function listPages<T extends Resource>(
  type: Type,
  query: Readonly<Record<string, string>>,
  page: (query: URLSearchParams) => Promise<unknown>,
): Promise<WholeList<T>> {
  for (let round = 1; ; round++) {
    const limit = round < MAX_ROUNDS ? { limit: String(PAGE_SIZE) } : undefined
    const list = await readOnce<T>(type, new URLSearchParams({ ...limit, ...query }), page)
    if (list) return list
  }
}

const PAGE_SIZE = 500
const MAX_ROUNDS = 3

/** Undefined: expired between two pages. */
async function readOnce<T extends Resource>(
  type: Type,
  query: URLSearchParams,
  page: (query: URLSearchParams) => Promise<unknown>,
): Promise<WholeList<T> | undefined> {
  const items: T[] = []
  for (;;) {
    const answer = await page(query).catch(error => {
      if (query.has('continue') && query.has('limit') && error instanceof ApiError && error.code === 410) return EXPIRED
      throw error
    })
    if (answer === EXPIRED) return undefined
    const { items: some, metadata } = answer as Page<T>
    if (typeof metadata?.resourceVersion !== 'string')
      throw new Error(`the server answered a list of ${type.kind} with something that is none`)
    for (const item of some ?? []) items.push(complete(item, type))
    if (!metadata.continue) return { items, resourceVersion: metadata.resourceVersion }
    query.set('continue', metadata.continue)
  }
}

const EXPIRED = Symbol('expired')

interface Page<T> {
  readonly items?: readonly T[] | null
  readonly metadata?: { readonly resourceVersion: string; readonly continue?: string }
}

/** Items of a list do not say what they are; everybody who reads them expects that they do. */
export function complete<T extends Resource>(item: T, type: Type): T {
  return item.kind === undefined ? Object.assign({ apiVersion: type.apiVersion, kind: type.kind }, item) : item
}
