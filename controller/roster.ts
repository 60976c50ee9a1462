/** Trials by Experiment, in the order of their indexes, kept up with the cache: looking is free whatever their number. */
import { controllerOf, type Trial } from '#api'
import type { Informer } from '#kube'
import { indexOf } from './trial-state.ts'

export class Roster {
  readonly #byOwner = new Map<string, Trial[]>()

  /** The first to hear of a change, so that whoever is woken by one sees it here. */
  constructor(trials: Informer<Trial>) {
    trials.onChange(({ type, object, old }) => {
      if (old) this.#remove(old)
      if (type !== 'deleted') this.#insert(object)
    })
    for (const trial of trials.list()) this.#insert(trial)
  }

  /** Oldest first; Trials that Katib made, which have no index, come before ours. Of this UID, not of a namesake. */
  of(experimentUid: string | undefined): readonly Trial[] {
    return this.#byOwner.get(experimentUid ?? '') ?? []
  }

  #insert(trial: Trial): void {
    const owner = controllerOf(trial)?.uid ?? ''
    const trials = this.#byOwner.get(owner) ?? []
    this.#byOwner.set(owner, trials)
    trials.splice(place(trials, trial), 0, trial)
  }

  #remove(trial: Trial): void {
    const owner = controllerOf(trial)?.uid ?? ''
    const trials = this.#byOwner.get(owner)
    const at = trials ? place(trials, trial) : -1
    if (!trials || trials[at]?.metadata.name !== trial.metadata.name) return
    trials.splice(at, 1)
    if (trials.length === 0) this.#byOwner.delete(owner)
  }
}

/** Where `trial` stands or would stand; new ones mostly at the end. */
function place(trials: readonly Trial[], trial: Trial): number {
  let low = 0
  let high = trials.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(trials[middle], trial) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function compare(a: Trial, b: Trial): number {
  const difference = (indexOf(a) ?? -1) - (indexOf(b) ?? -1)
  if (difference !== 0) return difference
  return a.metadata.name < b.metadata.name ? -1 : Number(a.metadata.name > b.metadata.name)
}

/** One of `trials`, which are in the order of a roster, has this index. */
export function holdsIndex(trials: readonly Trial[], index: number): boolean {
  let low = 0
  let high = trials.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((indexOf(trials[middle]) ?? -1) < index) low = middle + 1
    else high = middle
  }
  return low < trials.length && indexOf(trials[low]) === index
}
