/**
 * Half of a series, evenly: what stays when a trial passes its cap of rows.
 *
 * Sequences are cut into as many stretches of equal length as rows shall stay; the first row of each stretch stays, and so
 * do the first, the last, the lowest and the highest row. Later reports at or before the last sequence are repeats.
 */

/** What a trial may keep before its rows are thinned. */
export const MAX_ROWS = 1_000_000

export interface ThinnableRow {
  readonly sequence: number
  readonly number: number | undefined
}

/** Of rows by rising sequence, those that stay. */
export function thin<Row extends ThinnableRow>(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= 4) return rows
  const first = rows[0].sequence
  const span = rows[rows.length - 1].sequence - first + 1
  const stretches = Math.floor(rows.length / 2)
  let lowest: Row | undefined
  let highest: Row | undefined
  for (const row of rows) {
    if (row.number === undefined) continue
    if (lowest?.number === undefined || row.number < lowest.number) lowest = row
    if (highest?.number === undefined || row.number > highest.number) highest = row
  }
  let stretch = -1
  return rows.filter((row, i) => {
    const own = Math.floor(((row.sequence - first) * stretches) / span)
    const opens = own > stretch
    stretch = own
    return opens || i === rows.length - 1 || row === lowest || row === highest
  })
}
