/** What a Trial is, read from its conditions; the order of the buckets is the order in which one wins over another. */
import { EXPERIMENT_LABEL, INDEX_LABEL, isTrue, TERMINAL_TRIAL_CONDITIONS, type Trial, type TrialPhase } from '#api'

export function phaseOf(trial: Trial): TrialPhase {
  const known = phases.get(trial)
  if (known) return known
  const phase = readPhase(trial)
  phases.set(trial, phase)
  return phase
}

/** Cached objects never change, and an experiment counts its thousands at every step. */
const phases = new WeakMap<Trial, TrialPhase>()

function readPhase(trial: Trial): TrialPhase {
  const conditions = trial.status?.conditions
  const ended = TERMINAL_TRIAL_CONDITIONS.find(type => isTrue(conditions, type))
  if (ended && !isToldToStop(trial)) return ended
  return isTrue(conditions, 'Running') ? 'Running' : 'Pending'
}

/**
 * A stopping service of Katib's kind has written that the trial is stopped (its `SetTrialStatus`). `phase` is ours alone, and
 * goes with the condition that ends a trial: here the trial is still to be ended, with what it reported.
 */
export function isToldToStop({ status }: Trial): boolean {
  const isOpen = status?.phase === 'Running' || status?.phase === 'Pending'
  return isOpen && isTrue(status?.conditions, 'EarlyStopped')
}

/** Ended for ever. */
export function isTerminal(trial: Trial): boolean {
  const phase = phaseOf(trial)
  return phase !== 'Running' && phase !== 'Pending'
}

/** The index of protocol P1; undefined for a Trial that Katib made. */
export function indexOf(trial: Trial): number | undefined {
  const known = indexes.get(trial)
  if (known !== undefined) return known
  const label = trial.metadata.labels?.[INDEX_LABEL]
  if (label === undefined) return undefined
  indexes.set(trial, Number(label))
  return Number(label)
}

const indexes = new WeakMap<Trial, number>()

export function isBeingDeleted(resource: {
  readonly metadata: { readonly deletionTimestamp?: string | null }
}): boolean {
  return resource.metadata.deletionTimestamp != null
}

/** namespace/name of the Experiment whose Trial it is; none for a Trial without that label. */
export function experimentKey(trial: Trial): readonly string[] {
  const name = trial.metadata.labels?.[EXPERIMENT_LABEL]
  return name === undefined ? [] : [`${trial.metadata.namespace}/${name}`]
}
