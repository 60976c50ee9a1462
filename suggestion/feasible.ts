/** What parameter constraints come to. */
import type { Values } from './space.ts'

/** True where no constraint is broken by these values. A constraint that cannot be evaluated there counts as broken. */
export type Feasible = (values: Values) => boolean
