/**
 * `suggestFor`: one question to a search, with all that every algorithm owes and none should repeat.
 *
 * The user's initial trials come first, by index. Points are snapped to the grid. None equals a trial that is or has been,
 * nor another of the same answer, unless the algorithm means it. None breaks a parameter constraint. What an algorithm
 * proposes in spite of that is replaced by a point nearby, else by a random one, else by any that is left.
 */
import type { AlgorithmSpec, ParameterAssignment } from '#api'
import { hash128, type Rng, streamOf } from '#numerics'
import type { Algorithm, SearchChoice } from './algorithm.ts'
import type { Feasible } from './feasible.ts'
import type { History } from './history.ts'
import { findAlgorithm } from './registry.ts'
import { replacement } from './replacement.ts'
import { createSpace, type Problem, type Space, valuesOf } from './space.ts'
import type { Suggestion } from './suggestion.ts'

export interface SuggestCall {
  readonly problem: Problem
  readonly algorithm: AlgorithmSpec
  /** spec.seed, else the uid; the setting `random_state` wins over it. */
  readonly seed: number | string
  readonly history: History
  readonly firstIndex: number
  /** >= 1 */
  readonly count: number
  /** Keys of all points of the history; absent: they are made from it. */
  readonly tried?: Tried
  /** Absent: the problem has no constraints. */
  readonly feasible?: Feasible
  /** The model failed: the algorithm's own way without it, which it must have. */
  readonly withoutModel?: true
}

/** `Space.keyOf` of points. */
export type Tried = Pick<ReadonlySet<number>, 'has' | 'size'>

export interface SuggestAnswer {
  /** At most `count`, of consecutive indexes from `firstIndex` on. */
  readonly assignments: readonly SuggestedAssignment[]
  readonly searchEnded: boolean
  /** Why the search ended, in one sentence for the user. */
  readonly because?: string
  /** What answered, where the algorithm chooses among several models. */
  readonly choice?: SearchChoice
}

export interface SuggestedAssignment {
  readonly index: number
  readonly parameterAssignments: readonly ParameterAssignment[]
  readonly labels: Readonly<Record<string, string>>
  /** Why this point, in one sentence, where the algorithm has one. */
  readonly because?: string
}

/** The call must have passed `problemRefusal`. Deterministic: same call, same answer. */
export function suggestFor(asked: SuggestCall): SuggestAnswer {
  const algorithm = findAlgorithm(asked.algorithm.algorithmName)
  if (!algorithm) throw new Error(`unknown algorithm ${asked.algorithm.algorithmName}`)
  const call = { ...asked, problem: searchedProblem(asked.problem, asked.algorithm) }
  const space = createSpace(call.problem)
  const settings = algorithm.settings.parse(settingRecord(call.algorithm))
  const seed = seedOf(call)
  const choice = openChoice(call, space, algorithm)
  const answered: SuggestedAssignment[] = []
  const answer = (suggestion: Suggestion) => {
    answered.push({
      index: call.firstIndex + answered.length,
      parameterAssignments: space.toAssignments(suggestion.point),
      labels: suggestion.labels ?? {},
      ...(suggestion.because === undefined ? {} : { because: suggestion.because }),
    })
    choice.take(suggestion)
  }

  const initial = call.problem.initialTrials ?? []
  for (const values of initial.slice(call.firstIndex, call.firstIndex + call.count)) {
    answer({ point: completed(values, space, streamOf(seed, 'initial', call.firstIndex + answered.length)) })
  }
  if (answered.length === call.count) return { assignments: answered, searchEnded: false }

  const firstIndex = call.firstIndex + answered.length
  const ask = (call.withoutModel && algorithm.withoutModel) || algorithm.suggest
  const {
    suggestions,
    searchEnded,
    choice: made,
  } = ask({
    problem: call.problem,
    settings,
    history: { finished: call.history.finished, pending: [...call.history.pending, ...choice.taken()] },
    firstIndex,
    count: call.count - answered.length,
    stream: index => streamOf(seed, algorithm.name, index),
    allows: point => choice.allows(space.snap(point)),
  })
  const by = made ? { choice: made } : {}
  for (const suggestion of suggestions) {
    const point = space.snap(suggestion.point)
    const rng = streamOf(seed, 'replacement', call.firstIndex + answered.length)
    const allowed = choice.allows(point) ? point : replacement(space, point, rng, choice.allows)
    if (!allowed) return { assignments: answered, searchEnded: true, because: choice.endReason(), ...by }
    answer({ ...suggestion, point: allowed })
  }
  if (!searchEnded) return { assignments: answered, searchEnded: false, ...by }
  return { assignments: answered, searchEnded, because: choice.endReason(), ...by }
}

/** The problem as its algorithm searches it; histories of this problem are points of this space. */
export function searchedProblem(problem: Problem, spec: AlgorithmSpec): Problem {
  const algorithm = findAlgorithm(spec.algorithmName)
  if (!algorithm?.searched) return problem
  const settings = algorithm.settings.safeParse(settingRecord(spec))
  return settings.success ? algorithm.searched(problem, settings.data) : problem
}

/** algorithmSettings as an object. */
export function settingRecord(spec: AlgorithmSpec): Record<string, string> {
  return Object.fromEntries((spec.algorithmSettings ?? []).map(({ name, value }) => [name, value]))
}

function seedOf(call: SuggestCall): number | string {
  return settingRecord(call.algorithm).random_state ?? call.seed
}

/** What may still be tried, while an answer grows. */
function openChoice(call: SuggestCall, space: Space, algorithm: Algorithm) {
  const tried = call.tried ?? triedKeys(call.history, space)
  const keys = new Set<number>()
  const taken: History['pending'][number][] = []
  return {
    allows(point: Float64Array): boolean {
      if (!algorithm.repeats && tried.size + keys.size > 0) {
        const key = space.keyOf(point)
        if (tried.has(key) || keys.has(key)) return false
      }
      return call.feasible?.(valuesOf(space.toAssignments(point))) ?? true
    },
    take(suggestion: Suggestion): void {
      taken.push({ ...suggestion, index: call.firstIndex + taken.length })
      keys.add(space.keyOf(suggestion.point))
    },
    taken: () => taken,
    endReason(): string {
      const constraints = call.problem.parameterConstraints?.join(' and ')
      return constraints ? `no untried point was found that satisfies ${constraints}` : 'every combination was tried'
    },
  }
}

function triedKeys({ finished, pending }: History, space: Space): Tried {
  return new Set([...finished, ...pending].map(trial => space.keyOf(trial.point)))
}

/** What the user left out of an initial trial is drawn from its distribution. */
function completed(values: Readonly<Record<string, string>>, space: Space, rng: Rng): Float64Array {
  return Float64Array.from(space.axes, axis => {
    const drawn = rng.uniform()
    const text = Object.hasOwn(values, axis.name) ? values[axis.name] : undefined
    return axis.snap(text === undefined ? drawn : (axis.toUnit(text) ?? drawn))
  })
}

/** A seed for everything of one experiment, where the user gave none. */
export function seedFromUid(uid: string): number {
  return hash128(uid)[0]
}

/** Can it go on where its model failed, without losing its place? */
export function hasOwnFallback(spec: AlgorithmSpec): boolean {
  return findAlgorithm(spec.algorithmName)?.withoutModel !== undefined
}

/** Indexes of ended trials whose checkpoints a later trial may still start from. */
export function mayContinueFrom(problem: Problem, spec: AlgorithmSpec, history: History): ReadonlySet<number> {
  const algorithm = findAlgorithm(spec.algorithmName)
  const settings = algorithm?.settings.safeParse(settingRecord(spec))
  if (!algorithm?.mayContinue || !settings?.success) return new Set()
  return algorithm.mayContinue(searchedProblem(problem, spec), settings.data, history)
}
