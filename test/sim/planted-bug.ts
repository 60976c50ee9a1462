/** A wrong controller, and who has to notice. */
import type { Plant } from './sim-world.ts'

export interface PlantedBug {
  /** What is wrong, as a claim. */
  readonly name: string
  /** The invariant that must break. */
  readonly caughtBy: string
  /** In whose lives. */
  readonly scenario: string
  /** A state of its own for each life. */
  plant(): Plant
}
