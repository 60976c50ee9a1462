/**
 * What a worker remembers of its experiments, so that messages carry only what is new: each trial once, as the record a
 * history is made of. The memory may vanish at any time; its answer is then `unknown` and the next message carries all.
 */
import type { AlgorithmSpec, Objective } from '#api'
import {
  compileConstraints,
  createSpace,
  type Feasible,
  GrowingHistory,
  type Problem,
  type Space,
  type SuggestAnswer,
  searchedProblem,
  suggestFor,
  type TrialFacts,
  toRecord,
} from '#suggestion'

/** Plain data: it crosses threads. */
export interface Question {
  readonly experimentUid: string
  readonly problem: Problem
  readonly algorithm: AlgorithmSpec
  readonly objective: Objective
  readonly seed: number | string
  readonly firstIndex: number
  readonly count: number
  /** `changed` holds every trial: what was remembered is dropped. */
  readonly fresh: boolean
  readonly changed: readonly TrialFacts[]
  readonly removed: readonly number[]
}

export type Reply = { readonly is: 'answer'; readonly answer: SuggestAnswer } | { readonly is: 'unknown' }

export interface PoolMemory {
  answer(question: Question): Promise<Reply>
  forget(experimentUid: string): void
}

interface Remembered {
  readonly space: Space
  readonly spaceKey: string
  readonly feasible: Feasible | undefined
  readonly trials: GrowingHistory
}

export function createPoolMemory(): PoolMemory {
  const experiments = new Map<string, Remembered>()
  return {
    async answer(question) {
      const remembered = question.fresh ? await remember(question) : experiments.get(question.experimentUid)
      if (remembered?.spaceKey !== spaceKeyOf(question)) return { is: 'unknown' }
      experiments.set(question.experimentUid, remembered)
      for (const index of question.removed) remembered.trials.set(index, undefined)
      for (const facts of question.changed) {
        remembered.trials.set(facts.index, toRecord(remembered.space, facts, question.objective))
      }
      const { problem, algorithm, seed, firstIndex, count } = question
      const { feasible, trials } = remembered
      const history = trials.history()
      const call = { problem, algorithm, seed, history, tried: trials.tried, firstIndex, count, feasible }
      return { is: 'answer', answer: suggestFor(call) }
    },
    forget: experimentUid => void experiments.delete(experimentUid),
  }
}

async function remember(question: Question): Promise<Remembered> {
  const space = createSpace(searchedProblem(question.problem, question.algorithm))
  const feasible = await compileConstraints(question.problem)
  return { space, spaceKey: spaceKeyOf(question), feasible, trials: new GrowingHistory(space) }
}

function spaceKeyOf({ problem, algorithm }: Question): string {
  return JSON.stringify([problem.parameters, problem.parameterConstraints, algorithm])
}
