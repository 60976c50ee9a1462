/** The contract of a search algorithm. */
import type { z } from 'zod'
import type { Rng } from '#numerics'
import type { History } from './history.ts'
import type { Problem } from './space.ts'
import type { Suggestion } from './suggestion.ts'

/** A search algorithm. Pure: same problem, history and seed give the same suggestions. It keeps nothing between calls. */
export interface Algorithm<Settings = unknown> {
  /** spec.algorithm.algorithmName */
  readonly name: string
  /** What it is good for, in one line. */
  readonly about: string
  /** Where it is from: author, year, and what to look for. */
  readonly source: string
  /** What `refuses` refuses, in one line for a list; absent: nothing. */
  readonly needs?: string
  /** Parses algorithmSettings (an object of strings by name); holds every default. Unknown names are refused by it. */
  readonly settings: z.ZodType<Settings>
  /** Equal points are meant (clones, promotions): the wrapper lets them pass. */
  readonly repeats?: true
  /** The space it searches, where settings say more than the parameters do (a resource that reaches past its bounds). */
  searched?(problem: Problem, settings: Settings): Problem
  /** Why this algorithm cannot search this space with these settings, if so. Told to the user at admission. */
  refuses(problem: Problem, settings: Settings): string | undefined
  /** At most `count` points. Fewer: it waits for trials in flight. `searchEnded`: there is nothing left. */
  suggest(request: SuggestRequest<Settings>): Suggested
  /**
   * The same search without its model: answers when `suggest` failed or took too long, with labels that keep every trial in
   * its place. Absent: quasi-random points do.
   */
  withoutModel?(request: SuggestRequest<Settings>): Suggested
  /** Indexes of ended trials from whose checkpoints later trials may start; absent: none. Asked so that no other is kept. */
  mayContinue?(problem: Problem, settings: Settings, history: History): ReadonlySet<number>
}

export interface Suggested {
  readonly suggestions: readonly Suggestion[]
  readonly searchEnded?: boolean
  /** The model that answers now, where the algorithm chooses among several; a second opinion is no choice. */
  readonly choice?: SearchChoice
}

export interface SearchChoice {
  readonly model: string
  /** `MODEL, as ...`, for an event. */
  readonly because?: string
}

export interface SuggestRequest<Settings> {
  /** Parameters, in the order of the Experiment, as `searched` gives them. */
  readonly problem: Problem
  readonly settings: Settings
  /** Finished and in flight, oldest first. */
  readonly history: History
  /** Index of the first suggestion asked for. */
  readonly firstIndex: number
  /** >= 1 */
  readonly count: number
  /** All the chance that suggestion `index` may use. Below 0: chance that all suggestions share. */
  stream(index: number): Rng
  /**
   * May this point be tried? False where a parameter constraint is broken and, unless the algorithm repeats, where a trial
   * is or has been. The wrapper asks again and replaces what must not be tried; asking early gives better points.
   */
  allows(point: Float64Array): boolean
}
