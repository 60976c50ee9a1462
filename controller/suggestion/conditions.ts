/** What a Suggestion says of itself: whether it serves, why not, and that it is over. */
import { type Condition, isTrue, setCondition, turnFalse } from '#api'
import { isOver } from '../experiment/verdict.ts'
import { type Trouble, troubleIn, withTrouble } from '../trouble.ts'
import { isAvailable } from './foreign-service.ts'
import type { SuggestionWorld } from './world.ts'

export function nextConditions(world: SuggestionWorld, now: Date): readonly Condition[] {
  const { self, experiment } = world
  const old = self.status?.conditions ?? []
  if (isTrue(old, 'Failed')) return withTrouble(old, undefined, now)
  const created = {
    type: 'Created',
    status: 'True',
    reason: 'SuggestionCreated',
    message: 'Suggestion is created',
  } as const
  const conditions = setCondition(old, created, now)
  if (world.failure?.isFinal) return refused(withTrouble(conditions, undefined, now), world.failure.because, now)
  const keepsServing = experiment?.spec.resumePolicy === 'LongRunning'
  return isOver(experiment?.status?.conditions) && !keepsServing
    ? closed(withTrouble(conditions, undefined, now), experiment?.spec.resumePolicy === 'FromVolume', now)
    : withTrouble(open(conditions, world, now), troubleOf(world), now)
}

/** For ever, and the Experiment with it. In Katib's words. */
function refused(conditions: readonly Condition[], because: string, now: Date): readonly Condition[] {
  const halted = turnFalse(
    conditions,
    'Running',
    { reason: 'SuggestionRunning', message: 'Suggestion is running' },
    now,
  )
  const message = `Validation failed: ${because}`.slice(0, 1_000)
  return setCondition(halted, { type: 'Failed', status: 'True', reason: 'SuggestionFailed', message }, now)
}

/** Built-in algorithms need no Deployment: it is ready at once. */
function open(conditions: readonly Condition[], { service }: SuggestionWorld, now: Date): readonly Condition[] {
  const without = conditions.filter(condition => condition.type !== 'Succeeded')
  if (service && !isAvailable(service.deployment)) {
    const message = 'Deployment is not ready'
    return setCondition(
      without,
      { type: 'DeploymentReady', status: 'False', reason: 'DeploymentNotReady', message },
      now,
    )
  }
  const ready = setCondition(
    without,
    { type: 'DeploymentReady', status: 'True', reason: 'DeploymentReady', message: 'Deployment is ready' },
    now,
  )
  return setCondition(
    ready,
    { type: 'Running', status: 'True', reason: 'SuggestionRunning', message: 'Suggestion is running' },
    now,
  )
}

function closed(conditions: readonly Condition[], hasVolume: boolean, now: Date): readonly Condition[] {
  const reason = 'Suggestion is succeeded'
  const message = hasVolume
    ? 'Suggestion is succeeded, suggestion volume is not deleted, can be restarted'
    : "Suggestion is succeeded, can't be restarted"
  const halted = setCondition(conditions, { type: 'Running', status: 'False', reason, message }, now)
  const gone = setCondition(halted, { type: 'DeploymentReady', status: 'False', reason, message }, now)
  return setCondition(gone, { type: 'Succeeded', status: 'True', reason: 'Experiment is succeeded', message }, now)
}

function troubleOf({ self, answer, failure, isAsking, service, claim }: SuggestionWorld): Trouble | undefined {
  if (failure?.isFinal) return undefined
  if (typeof claim === 'object') return { reason: 'CheckpointClaim', message: claim.problem.slice(0, 1_000) }
  if (service?.refusal !== undefined) {
    const message = `its service cannot be made: ${service.refusal.slice(0, 1_000)}; grant the right (manifests/components/foreign-algorithms)`
    return { reason: 'AskFailed', message }
  }
  if (failure) {
    const message = `the algorithm failed and is asked again: ${failure.because.slice(0, 1_000)}`
    return { reason: 'AskFailed', message }
  }
  if (answer) {
    const because = answer.replacedBecause
    return because === undefined ? undefined : { reason: 'QuasiRandom', message: because.slice(0, 1_000) }
  }
  // Until there is another answer.
  const old = troubleIn(self.status?.conditions)
  return isAsking || old?.reason === 'QuasiRandom' ? old : undefined
}
