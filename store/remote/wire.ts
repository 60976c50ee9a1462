/**
 * Observations over HTTP: the paths, and how values that JSON has no word for are written. Between a store process and the
 * controllers, both of one version of this program.
 *
 * `POST append` a report · `POST summaries` of UIDs · `GET trials/UID/curve?metric=&points=` · `GET trials/UID/rows` as JSON
 * lines · `GET changes` as JSON lines without end, an empty line meaning "still here" · `GET`, `PUT trials/UID/log-tail` ·
 * `DELETE trials/UID` · `GET trials?after=&limit=` · `POST sweep` of UIDs that are gone.
 */
import type { LearningCurve, StoredRow } from '../store.ts'

export const OBSERVATIONS_PATH = '/observations/v1'

/** A stream of changes that says nothing for longer than three of these is dead. */
export const STILL_HERE_MS = 10_000

/** A curve whose values may be no JSON number. */
type SpelledCurve = Omit<LearningCurve, 'values'> & { readonly values: readonly (number | string)[] }

export const spelledCurve = (curve: LearningCurve): SpelledCurve => ({
  ...curve,
  values: curve.values.map(value => (Number.isFinite(value) ? value : String(value))),
})

export const readCurve = (curve: SpelledCurve): LearningCurve => ({ ...curve, values: curve.values.map(Number) })

type SpelledRow = Omit<StoredRow, 'receivedAt'> & { readonly receivedAt: string }

export const readRow = (row: SpelledRow): StoredRow => ({ ...row, receivedAt: new Date(row.receivedAt) })
