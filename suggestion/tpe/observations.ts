/** The history as a density model sees it: points in order of merit, best first, and what is known to be worse than any. */
import type { History } from '../history.ts'

export interface Observations {
  /** Completed and early-stopped trials with a loss; ties go to the lower index. `age`: 0 for the newest. */
  readonly ranked: readonly { readonly point: Float64Array; readonly loss: number; readonly age: number }[]
  /** Failed trials and stopped ones without a value. */
  readonly failed: readonly Float64Array[]
  readonly pending: readonly Float64Array[]
}

/** The order of completion does not matter: ties and ages go by index. */
export function observe({ finished, pending }: History): Observations {
  const ranked: { point: Float64Array; loss: number; age: number }[] = []
  const failed: Float64Array[] = []
  const inOrder = finished.every((trial, i) => i === 0 || finished[i - 1].index < trial.index)
  const byIndex = inOrder ? finished : finished.toSorted((a, b) => a.index - b.index)
  for (const [i, { point, outcome }] of byIndex.entries()) {
    const loss = outcome.is === 'failed' ? undefined : outcome.losses?.[0]
    if (loss === undefined) failed.push(point)
    else ranked.push({ point, loss, age: byIndex.length - 1 - i })
  }
  ranked.sort((a, b) => a.loss - b.loss)
  return { ranked, failed, pending: pending.map(({ point }) => point) }
}
