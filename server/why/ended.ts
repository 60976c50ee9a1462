/** An experiment that is over, and what its user may do then. */
import { type Experiment, whyNeverBest } from '#api'
import type { Why, WhyState } from './answer.ts'
import { counted, said, type WhyWorld } from './world.ts'

/** Undefined: it is not over. */
export function ended({ experiment, trials }: WhyWorld): Why | undefined {
  const { name, deletionTimestamp } = experiment.metadata
  const conditions = experiment.status?.conditions
  if (deletionTimestamp) {
    const left = counted(trials.length, 'trial')
    return {
      state: 'Deleting',
      sentence: `it is being deleted, and ${left} with it`,
      next: 'wait until they have ended',
    }
  }
  const failed = conditions?.find(condition => condition.type === 'Failed' && condition.status === 'True')
  if (failed) {
    const next =
      failed.reason === 'InvalidSpec'
        ? 'mend the manifest (`qalam validate -f FILE`) and create it again'
        : `mend what the trials say (\`qalam trials ${name}\`), and create it again under another name`
    return { state: 'Failed', sentence: `it has failed: ${said(failed)}`, next }
  }
  const succeeded = conditions?.find(condition => condition.type === 'Succeeded' && condition.status === 'True')
  if (!succeeded) return undefined
  const { state, sentence, next } = endings[succeeded.reason ?? ''] ?? otherEnding
  const told = `it is finished: ${sentence}`
  if (experiment.status?.currentOptimalTrial?.bestTrialName) return { state, sentence: told, next: next(experiment) }
  const because = trials.map(whyNeverBest).find(reason => reason !== undefined)
  return {
    state,
    sentence: `${told}, none with a usable objective${because === undefined ? '' : `: ${because}`}`,
    next: `mend what the trials say (\`qalam trials ${name}\`), and create it again under another name`,
  }
}

interface Ending {
  readonly state: WhyState
  readonly sentence: string
  next(experiment: Experiment): string
}
const best = ({ metadata }: Experiment) => `\`qalam best ${metadata.name}\` has the answer`
const endings: Readonly<Record<string, Ending>> = {
  ExperimentGoalReached: { state: 'GoalReached', sentence: 'the goal was reached', next: best },
  ExperimentMaxTrialsReached: {
    state: 'BudgetSpent',
    sentence: 'maxTrialCount trials have ended',
    next: experiment =>
      experiment.spec.resumePolicy === 'LongRunning' || experiment.spec.resumePolicy === 'FromVolume'
        ? `${best(experiment)}; \`qalam resume ${experiment.metadata.name} --trials +10\` goes on`
        : best(experiment),
  },
  ExperimentSuggestionEndReached: { state: 'SearchEnded', sentence: 'there is nothing left to try', next: best },
}
const otherEnding: Ending = { state: 'Succeeded', sentence: 'it has succeeded', next: best }
