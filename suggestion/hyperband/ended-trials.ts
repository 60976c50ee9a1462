/** Who is on which rung, how they did, and who went on: read from the labels of the history. */
import type { FinishedTrial, History } from '../history.ts'
import { placeOf } from './rungs.ts'

interface Rung {
  /** Ended trials, best first; failed ones last; ties go to the lower index. */
  readonly ended: readonly FinishedTrial[]
  /** Ended and in flight. */
  readonly size: number
}

export interface Standings {
  rung(bracket: number, rung: number): Rung
  /** A trial that goes on from this one is, or has been. */
  isPromoted(index: number): boolean
  /** Brackets that have a trial, 0 .. bracketCount - 1. */
  readonly bracketCount: number
}

export function standingsOf({ finished, pending }: History): Standings {
  const rungs = new Map<string, { ended: FinishedTrial[]; size: number }>()
  const promoted = new Set<number>()
  let bracketCount = 0
  function enter(trial: History['pending'][number], ended?: FinishedTrial): void {
    const place = placeOf(trial)
    if (!place) return
    const key = `${place.bracket}/${place.rung}`
    const rung = rungs.get(key) ?? { ended: [], size: 0 }
    rungs.set(key, rung)
    rung.size++
    if (ended) rung.ended.push(ended)
    if (place.parent !== undefined) promoted.add(place.parent)
    bracketCount = Math.max(bracketCount, place.bracket + 1)
  }
  for (const trial of finished) enter(trial, trial)
  for (const trial of pending) enter(trial)
  for (const { ended } of rungs.values()) ended.sort((a, b) => lossOf(a) - lossOf(b) || a.index - b.index)
  return {
    rung: (bracket, rung) => rungs.get(`${bracket}/${rung}`) ?? { ended: [], size: 0 },
    isPromoted: index => promoted.has(index),
    bracketCount,
  }
}

/** Not failed, and not gone on yet. */
export function isOpen(standings: Standings): (trial: FinishedTrial) => boolean {
  return trial => trial.outcome.is !== 'failed' && !standings.isPromoted(trial.index)
}

/** Infinity for a failed trial: it is never promoted. */
export function lossOf({ outcome }: FinishedTrial): number {
  return outcome.is === 'failed' ? Number.POSITIVE_INFINITY : (outcome.losses?.[0] ?? Number.POSITIVE_INFINITY)
}
