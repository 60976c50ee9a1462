/** What rules look at in a curve. Losses that are no finite numbers count as the worst, infinity. */
import type { TrialCurve } from './early-stopper.ts'

/** Reports up to and including `step`. */
export function until(curve: TrialCurve, step: number): readonly number[] {
  const end = curve.steps.findIndex(at => at > step)
  return (end < 0 ? curve.losses : curve.losses.slice(0, end)).map(worstIfNoNumber)
}

export function bestOf(losses: readonly number[]): number {
  return losses.reduce((best, loss) => Math.min(best, worstIfNoNumber(loss)), Number.POSITIVE_INFINITY)
}

export function meanOf(losses: readonly number[]): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

export function lastStep(curve: TrialCurve): number {
  return curve.steps.at(-1) ?? 0
}

const worstIfNoNumber = (loss: number) => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY)

/** Whether none of the peers has reached anything better than the trial has. */
export function leads(trial: TrialCurve, peers: readonly TrialCurve[]): boolean {
  const best = bestOf(trial.losses)
  return Number.isFinite(best) && peers.every(peer => best <= bestOf(peer.losses))
}

/** For reasons: six significant digits, no exponent where none is needed. */
export const shown = (value: number) => String(Number(value.toPrecision(6)))
