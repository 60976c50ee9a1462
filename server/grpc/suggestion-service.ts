/**
 * `Suggestion`: our algorithms as Katib's service, for a Katib that stays. Nothing is remembered between calls: all that an
 * algorithm needs is in the trials of the request, and in the labels that it gave them.
 *
 * Katib asks for a number and takes exactly that many or none. Fewer come only at the end of a search; where an algorithm
 * waits for trials in flight, the call is refused as UNAVAILABLE and Katib asks again.
 */
import { INDEX_LABEL } from '#api'
import { createSpace, findAlgorithm, problemRefusal, type SuggestAnswer, type TrialFacts } from '#suggestion'
import type { Checkpoints } from './checkpoints.ts'
import { type AskedSearch, factsOf, searchOf } from './experiment-of.ts'
import type { ExperimentMessage, GetSuggestionsReply, GetSuggestionsRequest } from './messages.ts'
import { Refusal } from './refusal.ts'
import type { Handlers } from './wire.ts'

export interface SearchCall extends AskedSearch {
  readonly seed: string
  readonly trials: readonly TrialFacts[]
  readonly firstIndex: number
  readonly count: number
}

/** Carries out a search beside the wire, so that health probes are answered meanwhile. Same call, same answer. */
export type Search = (call: SearchCall) => Promise<SuggestAnswer>

export interface SuggestionServiceOptions {
  readonly search: Search
  readonly checkpoints: Checkpoints
  /** Searches with this algorithm, whatever the Experiment calls it. */
  readonly algorithmName?: string
}

export function suggestionHandlers({ search, checkpoints, algorithmName }: SuggestionServiceOptions): Handlers {
  return {
    ValidateAlgorithmSettings: async ({ experiment }: { experiment: ExperimentMessage | null }) => {
      const asked = validated(experiment, algorithmName)
      refuseTooManyTrials(asked)
      const count = asked.problem.parallelTrialCount
      const { assignments } = await search({ ...asked, seed: seedOf(experiment), trials: [], firstIndex: 0, count })
      if (assignments.length < count)
        throw new Refusal(
          'INVALID_ARGUMENT',
          `parallelTrialCount: ${asked.algorithm.algorithmName} gives ${assignments.length} assignments at once with these settings, got ${count}`,
        )
      return {}
    },

    GetSuggestions: async (request: GetSuggestionsRequest) => {
      const { experiment, currentRequestNumber: count } = request
      const asked = validated(experiment, algorithmName)
      if (count < 1) return { parameterAssignments: [] }
      if (count > MAX_COUNT)
        throw new Refusal('INVALID_ARGUMENT', `current_request_number: expected at most ${MAX_COUNT}, got ${count}`)
      const trials = factsOf(request.trials)
      const firstIndex = Math.max(
        request.totalRequestNumber - count,
        trials.reduce((next, { index }) => Math.max(next, index + 1), 0),
      )
      const answer = await search({ ...asked, seed: seedOf(experiment), trials, firstIndex, count })
      refuseShortAnswer(answer, count, asked)
      return { parameterAssignments: await replied(answer, request, trials, checkpoints) } satisfies GetSuggestionsReply
    },
  }
}

const MAX_COUNT = 10_000

/** Without a setting `random_state` equal Experiments of one name search alike: the wire has no UID. */
const seedOf = (experiment: ExperimentMessage | null) => experiment?.name ?? ''

/** Throws `Refusal` with every problem. */
function validated(experiment: ExperimentMessage | null, algorithmName: string | undefined): AskedSearch {
  const asked = searchOf(experiment, algorithmName)
  const problems = problemRefusal(asked.problem, asked.algorithm)
  if (problems.length === 0) return asked
  throw new Refusal('INVALID_ARGUMENT', problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
}

/** Katib has no word for the end of a search: it would ask for ever. */
function refuseTooManyTrials({ problem, algorithm }: AskedSearch): void {
  const { cellCount } = createSpace(problem)
  const { maxTrialCount = 0 } = problem
  if (maxTrialCount <= cellCount || findAlgorithm(algorithm.algorithmName)?.repeats) return
  throw new Refusal(
    'INVALID_ARGUMENT',
    `maxTrialCount: expected at most ${cellCount}, the number of different assignments, got ${maxTrialCount}`,
  )
}

function refuseShortAnswer(answer: SuggestAnswer, count: number, { algorithm }: AskedSearch): void {
  const given = answer.assignments.length
  if (given === count || (answer.searchEnded && given > 0)) return
  if (answer.searchEnded)
    throw new Refusal('OUT_OF_RANGE', `the search has ended: ${answer.because ?? 'nothing is left'}`)
  throw new Refusal(
    'UNAVAILABLE',
    `${algorithm.algorithmName} gives ${given} of ${count} assignments before a trial in flight has ended`,
  )
}

async function replied(
  { assignments }: SuggestAnswer,
  { experiment, trials }: GetSuggestionsRequest,
  facts: readonly TrialFacts[],
  checkpoints: Checkpoints,
): Promise<GetSuggestionsReply['parameterAssignments']> {
  const nameOf = (index: number) => trials[facts.findIndex(trial => trial.index === index)]?.name
  const replies: GetSuggestionsReply['parameterAssignments'][number][] = []
  for (const { index, parameterAssignments, labels } of assignments) {
    const lineage = await checkpoints.prepare(experiment?.name ?? '', labels, nameOf)
    replies.push({
      assignments: parameterAssignments,
      labels: { ...labels, ...lineage?.labels, [INDEX_LABEL]: String(index) },
      ...(lineage ? { trialName: lineage.trialName } : {}),
    })
  }
  return replies
}
