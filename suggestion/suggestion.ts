/** What is tried next. */

/** One point: a place in the unit cube, and the small facts that become labels of its trial. */
export interface Suggestion {
  /** [d], in [0, 1]; `space.ts` turns it into values. Snapped to the grid of its parameter by the wrapper. */
  readonly point: Float64Array
  /** At most 63 characters a value; they come back in the history. */
  readonly labels?: Readonly<Record<string, string>>
  /** Why this point, in one sentence for an event and for its trial; not part of the history. */
  readonly because?: string
}
