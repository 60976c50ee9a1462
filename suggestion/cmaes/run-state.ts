/** Where a strategy stands between two generations. */
import type { Space } from '../space.ts'
import type { Evolution } from './evolution.ts'
import type { Names } from './names.ts'

export interface RunSettings {
  readonly sigma: number
  readonly restart_strategy: 'none' | 'ipop' | 'bipop'
}

export interface Run {
  readonly evolution: Evolution
  /** One per categorical axis, in the order of the axes. */
  readonly names: readonly Names[]
  /** Counted over all restarts; the label of the next trials. */
  readonly generation: number
  readonly restart: number
  /** Trials spent in large and in small populations (bipop). */
  readonly spent: { readonly large: number; readonly small: number }
  readonly isLarge: boolean
  readonly largest: number
}

/** Axes that are numbers, and axes that are names, by position. */
export function axisSplit({ axes }: Space) {
  const numbers = axes.flatMap((axis, i) => (axis.kind === 'categorical' ? [] : [i]))
  const categories = axes.flatMap((axis, i) => (axis.kind === 'categorical' ? [i] : []))
  return { numbers, categories }
}
