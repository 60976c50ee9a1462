/** What a memory has been told of each experiment, so that a question carries only what is new to it. */
import type { TrialFacts } from '#suggestion'
import type { Ask } from './pool-ask.ts'
import type { Question } from './pool-memory.ts'

interface Known {
  readonly moment: number
  readonly waiting: ReadonlySet<number>
}

export class Told {
  readonly #known = new Map<string, Known>()

  /** From now on the memory counts as told. */
  question({ trials, foreign: _, ...ask }: Ask): Question {
    const before = this.#known.get(ask.experimentUid)
    const recent = before && trials.changes(before.moment)
    const changed = new Map<number, TrialFacts>()
    const removed = new Set<number>()
    for (const { index, facts } of recent ?? trials.changes() ?? []) {
      if (facts) changed.set(index, facts)
      else removed.add(index)
    }
    const waiting = new Set<number>()
    for (const facts of trials.waiting()) {
      waiting.add(facts.index)
      removed.delete(facts.index)
      if (!recent || !before.waiting.has(facts.index)) changed.set(facts.index, facts)
    }
    if (recent) for (const index of before.waiting) if (!waiting.has(index) && !changed.has(index)) removed.add(index)
    this.#known.set(ask.experimentUid, { moment: trials.moment, waiting })
    return { ...ask, fresh: !recent, changed: [...changed.values()], removed: [...removed] }
  }

  forget(experimentUid: string): void {
    this.#known.delete(experimentUid)
  }

  clear(): void {
    this.#known.clear()
  }
}
