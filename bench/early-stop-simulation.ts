/** One experiment over simulated curves: workers that train epoch by epoch, and a rule asked after each. */
import { decide, type TrialCurve } from '#earlystop'
import { learningCurve, type Preset } from './problems/learning-curves.ts'

export interface Run {
  readonly epochs: number
  /** The best that any trial reached before it ended or was stopped, without noise. */
  readonly reached: number
  /** The best end of all curves that were drawn. */
  readonly bestOfAll: number
  readonly decisions: number
  readonly cpuMs: number
  /** Stopped trials that would have ended better than anything that was reached. */
  readonly stoppedWinners: number
  readonly stopped: number
}

export interface Setting {
  /** `undefined`: nobody is stopped. */
  readonly rule: Parameters<typeof decide>[0] | undefined
  readonly preset: Preset
  readonly seed: number
  readonly trials: number
  readonly epochs: number
  readonly workers: number
}

interface Running {
  readonly index: number
  count: number
}

/** All workers are as fast: every tick each running trial reports once, in the order of their start. */
export function simulate({ rule, preset, seed, trials, epochs, workers }: Setting): Run {
  const curves = Array.from({ length: trials }, (_, i) => learningCurve(preset, seed, i, epochs))
  const ended: TrialCurve[] = []
  const cut: TrialCurve[] = []
  const stoppedIndexes: number[] = []
  let reached = Number.POSITIVE_INFINITY
  let running: Running[] = []
  let next = 0
  let spent = 0
  let decisions = 0
  let cpuMs = 0
  const seen = ({ index, count }: Running, isEnded: boolean): TrialCurve => ({
    trial: `${preset}-${seed}-${index}`,
    ended: isEnded,
    steps: steps(count),
    losses: curves[index].losses.slice(0, count),
  })
  while (running.length > 0 || next < trials) {
    while (running.length < workers && next < trials) running.push({ index: next++, count: 0 })
    const going: Running[] = []
    for (const trial of running) {
      trial.count++
      reached = Math.min(reached, curves[trial.index].truth[trial.count - 1])
      spent++
      if (trial.count === epochs) {
        ended.push(seen(trial, true))
        continue
      }
      const rivals = running.filter(other => other !== trial && other.count > 0 && other.count < epochs)
      const peers = [...ended, ...cut, ...rivals.map(other => seen(other, false))]
      const start = process.cpuUsage().user
      const isStopped = rule !== undefined && decide(rule, seen(trial, false), peers).stop
      cpuMs += (process.cpuUsage().user - start) / 1000
      decisions++
      if (!isStopped) going.push(trial)
      else {
        cut.push(seen(trial, false))
        stoppedIndexes.push(trial.index)
        trial.count = epochs
      }
    }
    running = going
  }
  const endOf = (i: number) => curves[i].truth[epochs - 1]
  return {
    epochs: spent,
    reached,
    bestOfAll: Math.min(...curves.map((_, i) => endOf(i))),
    decisions,
    cpuMs,
    stoppedWinners: stoppedIndexes.filter(i => endOf(i) < reached).length,
    stopped: stoppedIndexes.length,
  }
}

const steps = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
