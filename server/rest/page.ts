/** Order and pages of trials. A cursor says after which trial a page begins, so trials that are added do not shift it. */
import { type ColumnOf, columnOf, type FieldValue } from './columns.ts'
import { Refusal } from './problem.ts'
import type { TrialRow } from './trial-row.ts'

type SortKey = { readonly column: (row: TrialRow) => FieldValue | undefined; readonly sign: 1 | -1 }

/** Sorted rows from the cursor on. `orderBy` is `field [asc|desc], ...`; the number and the name decide what it leaves open. */
export function pageOf(
  rows: readonly TrialRow[],
  page: { readonly orderBy: string; readonly limit: number; readonly cursor?: string },
  columns: ColumnOf = columnOf,
): { readonly rows: readonly TrialRow[]; readonly nextCursor?: string } {
  const keys = [...parseOrder(page.orderBy, columns), ...parseOrder('number, name', columnOf)]
  const compare = (a: readonly (FieldValue | null)[], b: readonly (FieldValue | null)[]) =>
    keys.reduce((decided, key, i) => decided || compareValues(a[i], b[i], key.sign), 0)
  const sorted = rows
    .map(row => ({ row, place: keys.map(key => key.column(row) ?? null) }))
    .toSorted((a, b) => compare(a.place, b.place))
  const after = page.cursor === undefined ? undefined : parseCursor(page.cursor, page.orderBy, keys.length)
  const first = after === undefined ? 0 : sorted.findIndex(({ place }) => compare(place, after) > 0)
  const from = first === -1 ? sorted.length : first
  const taken = sorted.slice(from, from + page.limit)
  const hasMore = from + page.limit < sorted.length
  const last = taken.at(-1)
  return {
    rows: taken.map(({ row }) => row),
    ...(hasMore && last !== undefined && { nextCursor: cursorAfter(last.place, page.orderBy) }),
  }
}

function parseOrder(text: string, columns: ColumnOf): readonly SortKey[] {
  if (text.trim() === '') return []
  let at = 0
  return text.split(',').map(part => {
    const match = /^\s*(?:"((?:[^"])+)"|(\S+))(?:\s+(asc|desc))?\s*$/i.exec(part)
    if (match === null)
      throw new Refusal(400, `order_by: expected "field" or "field desc", got "${part.trim()}" at position ${at + 1}`)
    at += part.length + 1
    return { column: columns(match[1] ?? match[2]), sign: match[3]?.toLowerCase() === 'desc' ? -1 : 1 }
  })
}

/** Numbers before words before nothing, in either direction; so what has no value is always last. */
function compareValues(a: FieldValue | null, b: FieldValue | null, sign: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a === b ? 0 : sign * (a < b ? -1 : 1)
}

const cursorAfter = (place: readonly (FieldValue | null)[], orderBy: string) =>
  Buffer.from(JSON.stringify([orderBy, ...place])).toString('base64url')

function parseCursor(cursor: string, orderBy: string, keyCount: number): readonly (FieldValue | null)[] {
  try {
    const [cursorOrder, ...place]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const isPlace = (each: unknown): each is FieldValue | null =>
      each === null || typeof each === 'number' || typeof each === 'string'
    if (cursorOrder === orderBy && place.length === keyCount && place.every(isPlace)) return place
  } catch {
    // Not one of ours: refused below.
  }
  throw new Refusal(400, 'cursor: not one that this order_by gave', { hint: 'begin again without a cursor' })
}
