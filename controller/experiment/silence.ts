/**
 * Trials that all end without the objective, for one reason, so that the experiment stops before it has spent its budget.
 *
 * States: searching; silent (as many trials as would run at once, three at least, have ended and none reported): condition
 * Suspended is written, with the index up to which trials were judged; marked (the condition, and a spec unchanged since):
 * `spec.suspend` is set; suspended; resumed (the condition, and a later spec without `suspend`): the condition goes, and
 * only later trials are judged.
 */
import { type Condition, causeOf, type Experiment, isTrue, missingMetric, refOf, setCondition } from '#api'
import type { Plan, PlannedEvent } from '../reconciler.ts'
import { indexOf, phaseOf } from '../trial-state.ts'
import type { ExperimentWorld } from './world.ts'

export interface Silence {
  readonly sentence: string
  /** One more than the highest index that is known now. */
  readonly after: number
}

/** Undefined: a trial has reported, too few have ended, or they ended for different reasons. Killed trials say nothing. */
export function silence({ self, trials }: Pick<ExperimentWorld, 'self' | 'trials'>): Silence | undefined {
  if (self.status?.currentOptimalTrial?.bestTrialName) return undefined
  const from = self.status?.suspendedAfter ?? 0
  let count = 0
  let sentence = ''
  for (const trial of trials) {
    if ((indexOf(trial) ?? -1) < from || isUnjudged.has(phaseOf(trial))) continue
    const missing = missingMetric(trial)
    if (missing === undefined || (count > 0 && causeOf(missing) !== causeOf(sentence))) return undefined
    sentence = missing
    count++
  }
  if (count < Math.max(FEWEST, self.spec.parallelTrialCount ?? FEWEST)) return undefined
  const since = from === 0 ? '' : ' since it was resumed'
  return {
    sentence: `all ${count} trials that ended${since} reported no metric: ${sentence}`,
    after: trials.lastIndex + 1,
  }
}

const FEWEST = 3
const isUnjudged: ReadonlySet<string> = new Set(['Pending', 'Running', 'Killed'])

/** The one write to a spec that is ours, after the condition says why: no more trials start until somebody clears it. */
export function suspension(self: Experiment): Plan<Experiment> | undefined {
  if (self.spec.suspend || !isMarked(self)) return undefined
  const { resourceVersion } = self.metadata
  return { patch: [{ ref: refOf(self), patch: { metadata: { resourceVersion }, spec: { suspend: true } } }] }
}

/** With Suspended from the moment that all are silent; without it from the moment that `suspend` is cleared. */
export function withSuspension(
  conditions: readonly Condition[],
  self: Experiment,
  silent: Silence | undefined,
  now: Date,
): readonly Condition[] {
  if (silent) {
    const { message } = suspendedEvent(silent)
    return setCondition(conditions, { type: 'Suspended', status: 'True', reason: 'MetricsUnavailable', message }, now)
  }
  return self.spec.suspend || isMarked(self) ? conditions : conditions.filter(({ type }) => type !== 'Suspended')
}

export const suspendedEvent = ({ sentence }: Silence): PlannedEvent => ({
  type: 'Warning',
  reason: 'ExperimentSuspended',
  message: `Experiment is suspended: ${sentence}`,
})

/** Nobody has touched the spec since the condition was written. */
function isMarked({ metadata, status }: Experiment): boolean {
  return isTrue(status?.conditions, 'Suspended') && status?.observedGeneration === metadata.generation
}
