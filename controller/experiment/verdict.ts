/** Whether an Experiment is over, and why: the completion rules in the order in which they are asked (katib-compatibility 2.4). */
import { type Condition, type ExperimentReason, isTrue, setCondition, turnFalse } from '#api'
import { isRestartable } from '../admission/validate-update.ts'
import type { TrialRoll } from '../trial-roll.ts'
import { removedCount, terminalCount } from './demand.ts'
import { type Optimum, objectiveOf, reachesGoal } from './optimal.ts'
import { activeCount, failedCount } from './tally.ts'
import type { ExperimentWorld } from './world.ts'

export interface Verdict {
  readonly type: 'Succeeded' | 'Failed'
  readonly reason: ExperimentReason
  readonly message: string
}

export function verdict(world: ExperimentWorld, best: Optimum | undefined): Verdict | undefined {
  const { self, suggestion, problems, trials } = world
  const { maxTrialCount, maxFailedTrialCount } = self.spec
  if (problems.length > 0) {
    const message = problems.map(problem => `${problem.path}: ${problem.message}`).join('; ')
    return { type: 'Failed', reason: 'InvalidSpec', message: message.slice(0, 1_000) }
  }
  const refused = suggestion?.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True')
  if (refused) {
    const message = `Suggestion has failed: ${refused.message ?? 'it does not say why'}`
    return { type: 'Failed', reason: 'ExperimentFailed', message: message.slice(0, 1_000) }
  }
  if (reachesGoal(objectiveOf(self), best?.value))
    return succeeded('ExperimentGoalReached', 'Objective goal has reached')
  const failed = failedCount(trials)
  if (maxFailedTrialCount !== undefined && failed > 0 && failed >= maxFailedTrialCount) {
    return {
      type: 'Failed',
      reason: 'ExperimentFailed',
      message: `Experiment has failed because max failed count has reached${lastFailure(trials)}`,
    }
  }
  const completed = terminalCount(self, trials)
  if (maxTrialCount !== undefined && completed >= maxTrialCount) {
    return succeeded('ExperimentMaxTrialsReached', 'max trial count has reached')
  }
  const nothingLeft =
    suggestion?.status?.searchEnded &&
    (suggestion.status.suggestionCount ?? 0) <= trials.length + removedCount(self, trials)
  if (nothingLeft && activeCount(trials) === 0) {
    return succeeded('ExperimentSuggestionEndReached', 'suggestion service has reached the end')
  }
  return undefined
}

/** A finished Experiment whose budget was raised goes on; one that reached its goal or failed never does (1.8). */
export function restarts(world: ExperimentWorld): boolean {
  const { self, trials } = world
  const { maxTrialCount } = self.spec
  const completed = terminalCount(self, trials)
  // The budget it ended with is no reason, however few of its trials are seen.
  if (self.metadata.generation === self.status?.observedGeneration) return false
  return isRestartable(self) && maxTrialCount !== undefined && maxTrialCount > completed
}

/** Without Succeeded and Failed, with Restarting, which stays for ever as in Katib. */
export function restarted(conditions: readonly Condition[], now: Date): readonly Condition[] {
  const open = conditions.filter(
    condition => condition.type !== 'Succeeded' && condition.type !== 'Failed' && condition.type !== 'Running',
  )
  const restarting = {
    type: 'Restarting',
    status: 'True',
    reason: 'ExperimentRestarting',
    message: 'Experiment is restarted',
  } as const
  return setCondition(open, restarting, now)
}

/** Running turns False with its words kept, then the verdict comes last. */
export function concluded(
  conditions: readonly Condition[],
  { type, reason, message }: Verdict,
  now: Date,
): readonly Condition[] {
  const halted = turnFalse(
    conditions.filter(condition => condition.type !== 'Suspended'),
    'Running',
    { reason: 'ExperimentRunning', message: 'Experiment is running' },
    now,
  )
  return setCondition(halted, { type, status: 'True', reason, message }, now)
}

export function isOver(conditions: readonly Condition[] | undefined): boolean {
  return isTrue(conditions, 'Succeeded') || isTrue(conditions, 'Failed')
}

function succeeded(reason: ExperimentReason, because: string): Verdict {
  return { type: 'Succeeded', reason, message: `Experiment has succeeded because ${because}` }
}

/** The sentence of a trial that explains the failure, so that nobody has to look for it. */
function lastFailure(trials: TrialRoll): string {
  const last = [...trials.newest('Failed', 1), ...trials.newest('MetricsUnavailable', 1)].at(-1)
  const message = last?.status?.conditions?.at(-1)?.message
  return last && message ? `; ${last.metadata.name}: ${message}` : ''
}
