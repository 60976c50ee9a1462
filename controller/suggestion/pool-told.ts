/** What a memory has been told of each experiment, so that a question carries only what is new to it. */
import type { TrialFacts } from '#suggestion'
import type { Ask } from './pool-ask.ts'
import type { Question } from './pool-memory.ts'

export class Told {
  /** The version of each trial, by experiment and index. */
  readonly #versions = new Map<string, Map<number, string>>()

  /** From now on the memory counts as told. */
  question({ trials, ...ask }: Ask): Question {
    const before = this.#versions.get(ask.experimentUid)
    const after = new Map<number, string>()
    const changed: TrialFacts[] = []
    for (const trial of trials) {
      after.set(trial.index, trial.version)
      if (before?.get(trial.index) !== trial.version) changed.push(trial.facts())
    }
    const removed = before ? [...before.keys()].filter(index => !after.has(index)) : []
    this.#versions.set(ask.experimentUid, after)
    return { ...ask, fresh: before === undefined, changed, removed }
  }

  forget(experimentUid: string): void {
    this.#versions.delete(experimentUid)
  }

  clear(): void {
    this.#versions.clear()
  }
}
