/**
 * The Trials of one Experiment in the order of their indexes. What a step asks of them is kept up with every change, so a step
 * costs the same at ten Trials as at ten thousand.
 */
import type { Objective, Trial, TrialPhase } from '#api'
import { type Leaders, leading, type Optimum, optimum } from './experiment/optimal.ts'
import { indexOf, isBeingDeleted, isTerminal, phaseOf } from './trial-state.ts'

export class TrialRoll implements Iterable<Trial> {
  static #count = 0
  readonly #all: Trial[] = []
  readonly #phases: Record<TrialPhase, Trial[]> = {
    Pending: [],
    Running: [],
    Succeeded: [],
    Failed: [],
    Killed: [],
    EarlyStopped: [],
    MetricsUnavailable: [],
  }
  readonly #leaving = new Set<Trial>()
  #leaders: Leaders = {}
  /** The objective's direction that `#leaders` are for. */
  #direction: Objective['type'] | undefined
  /** Indexes in the order of their changes; the first ones are forgotten. */
  #journal: number[] = []
  /** Of no other roll: one that takes the place of another is not taken for it. */
  #forgotten = TrialRoll.#count++ * 2 ** 32
  /** Ended Trials that `#leaders` do not know yet. */
  #unjudged = new Set<Trial>()

  constructor(trials: Iterable<Trial> = []) {
    for (const trial of trials) this.insert(trial)
  }

  /** Of Trials that Katib made, which have no index and come before ours, and of ours. */
  get length(): number {
    return this.#all.length
  }

  /** -1: there is none. */
  get lastIndex(): number {
    const last = this.#all.at(-1)
    return (last && indexOf(last)) ?? -1
  }

  [Symbol.iterator](): Iterator<Trial> {
    return this.#all[Symbol.iterator]()
  }

  count(...phases: readonly TrialPhase[]): number {
    return phases.reduce((sum, phase) => sum + this.#phases[phase].length, 0)
  }

  /** Trials that ended, in whatever way. */
  get endedCount(): number {
    return this.length - this.count('Pending', 'Running')
  }

  /** The last `count` Trials in a phase, oldest first. */
  newest(phase: TrialPhase, count: number): readonly Trial[] {
    return this.#phases[phase].slice(-count)
  }

  /** Trials that are being deleted. */
  get leaving(): readonly Trial[] {
    return [...this.#leaving]
  }

  /** Trials for which something is left to do. */
  unsettled(): Iterable<Trial> {
    return new Set([...this.#phases.Pending, ...this.#phases.Running, ...this.#leaving])
  }

  at(index: number): Trial | undefined {
    const found = this.#all[firstFrom(this.#all, trial => (indexOf(trial) ?? -1) >= index)]
    return found && indexOf(found) === index ? found : undefined
  }

  /** Grows with every change. */
  get moment(): number {
    return this.#forgotten + this.#journal.length
  }

  /** Indexes that changed after a moment, whose Trial may be gone; undefined where that is too long ago. */
  changedSince(moment: number): ReadonlySet<number> | undefined {
    return moment < this.#forgotten ? undefined : new Set(this.#journal.slice(moment - this.#forgotten))
  }

  /** The best ended Trial. */
  optimal(objective: Objective): Optimum | undefined {
    if (objective.type !== this.#direction) this.#judgeAgain(objective.type)
    for (const trial of this.#unjudged) this.#leaders = leading(this.#leaders, trial, objective)
    this.#unjudged.clear()
    return optimum(this.#leaders)
  }

  insert(trial: Trial): void {
    place(this.#all, trial, true)
    place(this.#phases[phaseOf(trial)], trial, true)
    if (isBeingDeleted(trial)) this.#leaving.add(trial)
    if (isTerminal(trial)) this.#unjudged.add(trial)
    this.#note(trial)
  }

  remove(trial: Trial): void {
    place(this.#all, trial, false)
    place(this.#phases[phaseOf(trial)], trial, false)
    this.#leaving.delete(trial)
    this.#unjudged.delete(trial)
    if (trial === this.#leaders.best?.trial || trial === this.#leaders.text) this.#judgeAgain(this.#direction)
    this.#note(trial)
  }

  #note(trial: Trial): void {
    const index = indexOf(trial)
    if (index === undefined) return
    this.#journal.push(index)
    if (this.#journal.length < JOURNAL_LENGTH) return
    this.#forgotten += JOURNAL_LENGTH / 2
    this.#journal.splice(0, JOURNAL_LENGTH / 2)
  }

  #judgeAgain(direction: Objective['type'] | undefined): void {
    this.#direction = direction
    this.#leaders = {}
    this.#unjudged = new Set(this.#all.filter(isTerminal))
  }
}

/** Far more than happens between two questions; who comes later is told everything. */
const JOURNAL_LENGTH = 16_384

/** Puts a Trial where it belongs in a list of that order, or takes that very object out. */
function place(trials: Trial[], trial: Trial, isMember: boolean): void {
  const at = firstFrom(trials, other => compare(other, trial) >= 0)
  if (isMember) trials.splice(at, 0, trial)
  else if (trials[at] === trial) trials.splice(at, 1)
}

/** The first place from which on `holds` is true. */
function firstFrom(trials: readonly Trial[], holds: (trial: Trial) => boolean): number {
  let low = 0
  let high = trials.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(trials[middle])) high = middle
    else low = middle + 1
  }
  return low
}

function compare(a: Trial, b: Trial): number {
  const difference = (indexOf(a) ?? -1) - (indexOf(b) ?? -1)
  if (difference !== 0) return difference
  return a.metadata.name < b.metadata.name ? -1 : Number(a.metadata.name > b.metadata.name)
}
