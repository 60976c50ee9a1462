/** Every Experiment's Trials, kept up with the cache. */
import { controllerOf, type Trial } from '#api'
import type { Informer } from '#kube'
import { TrialRoll } from './trial-roll.ts'

export class Roster {
  readonly #byOwner = new Map<string, TrialRoll>()

  /** The first to hear of a change, so that whoever is woken by one sees it here. */
  constructor(trials: Informer<Trial>) {
    trials.onChange(({ type, object, old }) => {
      if (old) this.#remove(old)
      if (type !== 'deleted') this.#insert(object)
    })
    for (const trial of trials.list()) this.#insert(trial)
  }

  /** Of this UID, not of a namesake. It moves on with the cache. */
  of(experimentUid: string | undefined): TrialRoll {
    return this.#byOwner.get(experimentUid ?? '') ?? new TrialRoll()
  }

  #insert(trial: Trial): void {
    const owner = controllerOf(trial)?.uid ?? ''
    const roll = this.#byOwner.get(owner) ?? new TrialRoll()
    this.#byOwner.set(owner, roll)
    roll.insert(trial)
  }

  #remove(trial: Trial): void {
    const owner = controllerOf(trial)?.uid ?? ''
    const roll = this.#byOwner.get(owner)
    roll?.remove(trial)
    if (roll?.length === 0) this.#byOwner.delete(owner)
  }
}
