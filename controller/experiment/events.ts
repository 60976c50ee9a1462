/** What is news about an Experiment: its story as `kubectl describe` tells it, from one status to the next. */
import { type Condition, type Experiment, type ExperimentStatus, isTrue } from '#api'
import type { PlannedEvent } from '../reconciler.ts'

/** In the order in which it happened. A condition that was there before is no news. */
export function experimentNews({ status: old, spec }: Experiment, next: ExperimentStatus): readonly PlannedEvent[] {
  const turned = (type: string): Condition | undefined =>
    isTrue(old?.conditions, type) ? undefined : next.conditions?.find(one => one.type === type && one.status === 'True')
  const isOver = turned('Succeeded') ?? turned('Failed')
  return [
    ...told('Normal', turned('Created')),
    ...told('Normal', turned('Restarting') ?? again(old, next)),
    ...told('Normal', turned('Running'), old?.phase === undefined ? plans(spec) : ''),
    ...pauses(old, next),
    ...better(old, next, spec),
    ...told(isOver?.type === 'Failed' ? 'Warning' : 'Normal', isOver),
  ]
}

function told(type: PlannedEvent['type'], condition: Condition | undefined, more = ''): PlannedEvent[] {
  const { reason, message = '' } = condition ?? {}
  return reason === undefined ? [] : [{ type, reason, message: `${message}${more}` }]
}

/** Restarted once more: its condition stays for ever, with the time of the last one. */
function again(old: ExperimentStatus | undefined, next: ExperimentStatus): Condition | undefined {
  const wasOver = isTrue(old?.conditions, 'Succeeded') || isTrue(old?.conditions, 'Failed')
  const isOver = isTrue(next.conditions, 'Succeeded') || isTrue(next.conditions, 'Failed')
  return wasOver && !isOver ? next.conditions?.find(({ type }) => type === 'Restarting') : undefined
}

function plans({ algorithm, maxTrialCount, parallelTrialCount }: Experiment['spec']): string {
  const budget = maxTrialCount === undefined ? 'trials without an end' : `up to ${maxTrialCount} trials`
  return `: ${algorithm?.algorithmName} searches with ${budget}, ${parallelTrialCount} at a time`
}

/** By its user's hand. That it suspended itself is told with its own reason. */
function pauses(old: ExperimentStatus | undefined, next: ExperimentStatus): PlannedEvent[] {
  const [was, is] = [old?.phase === 'Suspended', next.phase === 'Suspended']
  if (was && next.phase === 'Running')
    return [{ type: 'Normal', reason: 'ExperimentResumed', message: 'Experiment goes on' }]
  if (was || !is || isTrue(next.conditions, 'Suspended')) return []
  return [
    { type: 'Normal', reason: 'ExperimentSuspended', message: 'Experiment is suspended: no new trials are started' },
  ]
}

function better(
  old: ExperimentStatus | undefined,
  next: ExperimentStatus,
  { objective }: Experiment['spec'],
): PlannedEvent[] {
  const name = next.currentOptimalTrial?.bestTrialName
  if (!name || next.bestObjective === undefined || name === old?.currentOptimalTrial?.bestTrialName) return []
  const value = `${objective?.objectiveMetricName}=${next.bestObjective}`
  const message = `${name} is the best so far: ${value}${next.bestParameters ? ` with ${next.bestParameters}` : ''}`
  return [{ type: 'Normal', reason: 'NewBestTrial', message }]
}
