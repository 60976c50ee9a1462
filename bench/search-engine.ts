/** One search as a harness drives it: ask, tell. It keeps the history that the controller keeps in trials. */
import type { Parameter } from '#api'
import {
  createSpace,
  type FinishedTrial,
  type Problem,
  problemRefusal,
  searchedProblem,
  suggestFor,
  valuesOf,
} from '#suggestion'

export interface EngineInit {
  readonly parameters: readonly Parameter[]
  readonly type: 'minimize' | 'maximize'
  readonly algorithm: string
  readonly settings?: Readonly<Record<string, string>>
  readonly seed: number | string
  readonly maxTrialCount?: number
  readonly parallelTrialCount?: number
}

export interface EngineSuggestion {
  readonly id: number
  readonly assignments: Readonly<Record<string, string>>
}

export interface Engine {
  ask(count: number): { readonly suggestions: readonly EngineSuggestion[]; readonly cpuMs: number }
  /** NaN: the trial failed. */
  tell(id: number, value: number): void
  /** A result from elsewhere. */
  learn(assignments: Readonly<Record<string, string>>, value: number): void
}

export function openEngine(init: EngineInit): Engine {
  const { parameters, maxTrialCount, parallelTrialCount = 1 } = init
  const problem: Problem = { parameters, objectiveCount: 1, parallelTrialCount, maxTrialCount }
  const algorithmSettings = Object.entries(init.settings ?? {}).map(([name, value]) => ({ name, value }))
  const algorithm = { algorithmName: init.algorithm, algorithmSettings }
  const refusal = problemRefusal(problem, algorithm)
  if (refusal.length > 0) throw new Error(refusal.map(({ path, message }) => `${path}: ${message}`).join('; '))
  const space = createSpace(searchedProblem(problem, algorithm))
  const sign = init.type === 'maximize' ? -1 : 1
  const pending = new Map<number, { index: number; point: Float64Array; labels: Readonly<Record<string, string>> }>()
  const finished: FinishedTrial[] = []
  // The controller keeps its keys as well: an answer costs no walk over all trials.
  const tried = new Set<number>()
  let nextIndex = 0

  function finish(
    trial: { index: number; point: Float64Array; labels?: Readonly<Record<string, string>> },
    value: number,
  ) {
    const loss = sign * value
    const outcome = Number.isFinite(loss)
      ? ({ is: 'completed', losses: [loss] } as const)
      : ({ is: 'failed', because: 'diverged' } as const)
    finished.push({ ...trial, outcome })
  }

  return {
    ask(count) {
      const before = process.cpuUsage()
      const history = { finished, pending: [...pending.values()] }
      const answer = suggestFor({ problem, algorithm, seed: init.seed, history, firstIndex: nextIndex, count, tried })
      const used = process.cpuUsage(before)
      const suggestions = answer.assignments.map(({ index, parameterAssignments, labels }) => {
        const assignments = valuesOf(parameterAssignments)
        const point = space.toPoint(assignments) ?? new Float64Array()
        tried.add(space.keyOf(point))
        pending.set(index, { index, point, labels })
        return { id: index, assignments }
      })
      nextIndex += suggestions.length
      return { suggestions, cpuMs: (used.user + used.system) / 1000 }
    },
    tell(id, value) {
      const trial = pending.get(id)
      if (!trial) throw new Error(`no suggestion ${id} is pending`)
      pending.delete(id)
      finish(trial, value)
    },
    learn(assignments, value) {
      const point = space.toPoint(assignments)
      if (!point) throw new Error(`not a point of the space: ${JSON.stringify(assignments)}`)
      tried.add(space.keyOf(point))
      finish({ index: -1 - finished.length, point }, value)
    },
  }
}
