/** The history as a density model sees it: points in order of merit, best first, and what is known to be worse than any. */
import type { FinishedTrial, History } from '../history.ts'

export interface Observations {
  /** Completed and early-stopped trials with a loss; ties go to the lower index. `age`: 0 for the newest. */
  readonly ranked: readonly { readonly point: Float64Array; readonly loss: number; readonly age: number }[]
  /** Failed trials and stopped ones without a value. */
  readonly failed: readonly Float64Array[]
  readonly pending: readonly Float64Array[]
}

/** The order of completion does not matter: ties and ages go by index. Valid until the next call. */
export function observe({ finished, pending }: History): Observations {
  const inOrder = finished.every((trial, i) => i === 0 || finished[i - 1].index < trial.index)
  const byIndex = inOrder ? finished : finished.toSorted((a, b) => a.index - b.index)
  rank(byIndex)
  return {
    ranked: memo.ranked,
    failed: memo.failed.map(({ point }) => point),
    pending: pending.map(({ point }) => point),
  }
}

interface Ranked {
  readonly point: Float64Array
  readonly loss: number
  /** Among all trials by index. */
  readonly place: number
  age: number
}

/** The last answer: a history that grew by some trials is ranked by placing those. It changes the time of an answer alone. */
const memo = {
  trials: [] as readonly FinishedTrial[],
  ranked: [] as Ranked[],
  failed: [] as { readonly point: Float64Array; readonly place: number }[],
}

function rank(trials: readonly FinishedTrial[]): void {
  let known = 0
  while (known < memo.trials.length && trials[known] === memo.trials[known]) known++
  const before = memo.ranked.filter(({ place }) => place < known)
  memo.failed = memo.failed.filter(({ place }) => place < known)
  const added: Ranked[] = []
  for (let place = known; place < trials.length; place++) {
    const { point, outcome } = trials[place]
    const loss = outcome.is === 'failed' ? undefined : outcome.losses?.[0]
    if (loss === undefined) memo.failed.push({ point, place })
    else added.push({ point, loss, place, age: 0 })
  }
  added.sort((a, b) => a.loss - b.loss)
  memo.ranked = merged(before, added)
  for (const entry of memo.ranked) entry.age = trials.length - 1 - entry.place
  memo.trials = trials.slice()
}

/** Both ascending; on equal losses `before` comes first, whose places are lower. */
function merged(before: readonly Ranked[], added: readonly Ranked[]): Ranked[] {
  const all: Ranked[] = []
  let next = 0
  for (const entry of before) {
    while (next < added.length && added[next].loss < entry.loss) all.push(added[next++])
    all.push(entry)
  }
  while (next < added.length) all.push(added[next++])
  return all
}
