/**
 * `pbt`: population based training. Each member trains, compares itself with the latest of the others, and goes on from its
 * own checkpoint with its own values, or, when it is among the worst, from a winner's with the winner's values perturbed.
 *
 * Source: Jaderberg et al. 2017, arXiv:1711.09846, section 4. Settings and perturbation as Katib's (a factor of 0.8 or 1.2,
 * a neighbour in a list). Departs from Katib: parents are the winners themselves, survivors keep their values, members do
 * not wait for each other, an integer always moves by one at least.
 *
 * P population · t truncation threshold: the worst and the best t P of the members
 */
import { z } from 'zod'
import { CHECKPOINT_SETTING, PREFIX } from '#api'
import type { Rng } from '#numerics'
import type { Algorithm, Suggested, SuggestRequest } from '../algorithm.ts'
import type { Axis } from '../axis.ts'
import type { FinishedTrial, History } from '../history.ts'
import { lossOf } from '../hyperband/ended-trials.ts'
import { freshValues } from '../hyperband/fresh-values.ts'
import { parentLabels } from '../lineage.ts'
import { numberSetting, randomState, requiredNumber, textSetting } from '../setting.ts'
import { createSpace, type Space } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'

const Settings = z.strictObject({
  [CHECKPOINT_SETTING]: textSetting({ about: "where a trial's checkpoints are mounted" }),
  n_population: requiredNumber({ min: 5, integer: true, about: 'members of the population' }),
  truncation_threshold: requiredNumber({ min: 0, max: 1, about: 'share that is replaced, and share that replaces it' }),
  resample_probability: numberSetting({
    min: 0,
    max: 1,
    about: 'chance that a value is drawn anew instead of perturbed',
  }),
  random_state: randomState,
})
type Settings = z.output<typeof Settings>

const MEMBER_LABEL = `${PREFIX}/member`
/** Katib's own labels; the parent's is the name of its Trial. */
export const GENERATION_LABEL = 'pbt.suggestion.katib.kubeflow.org/generation'
const KATIB_PARENT_LABEL = 'pbt.suggestion.katib.kubeflow.org/parent'

export const pbt: Algorithm<Settings> = {
  name: 'pbt',
  about: 'a population that trains in steps and copies its winners: schedules of values, for training with checkpoints',
  source: 'Jaderberg et al. 2017, arXiv:1711.09846',
  settings: Settings,
  repeats: true,
  refuses: () => undefined,
  suggest: nextSteps,
  withoutModel: nextSteps,
  /** The last of every member: its own next step, or a loser's, starts from it. */
  mayContinue: (_problem, _settings, history) => new Set([...latestOf(history).values()].map(({ index }) => index)),
}

function nextSteps(request: SuggestRequest<Settings>): Suggested {
  const { history, firstIndex, count } = request
  const suggestions: (Suggestion & { index: number })[] = []
  while (suggestions.length < count) {
    const index = firstIndex + suggestions.length
    const next = nextStep(request, { finished: history.finished, pending: [...history.pending, ...suggestions] }, index)
    if (!next) break
    suggestions.push({ ...next, index })
  }
  return { suggestions }
}

/** `undefined`: every member is training. */
function nextStep(request: SuggestRequest<Settings>, history: History, index: number): Suggestion | undefined {
  const { problem, settings, stream } = request
  const space = createSpace(problem)
  const latest = latestOf(history)
  const busy = new Set(history.pending.map(memberOf))
  for (let member = 0; member < settings.n_population; member++) {
    if (!latest.has(member) && !busy.has(member)) return labelled(freshValues(request, index), member, 0)
  }
  const idle = [...latest.entries()].filter(([member]) => !busy.has(member) && member < settings.n_population)
  idle.sort(([a, x], [b, y]) => generationOf(x) - generationOf(y) || a - b)
  if (idle.length === 0) return undefined
  const [member, own] = idle[0]
  const ranked = [...latest.values()].sort((a, b) => lossOf(a) - lossOf(b) || a.index - b.index)
  const cut = Math.max(1, Math.floor(ranked.length * settings.truncation_threshold))
  const winners = ranked.slice(0, cut).filter(({ outcome }) => outcome.is !== 'failed')
  const isWorst = own.outcome.is === 'failed' || ranked.indexOf(own) >= ranked.length - cut
  if (!isWorst || winners.includes(own)) return labelled(own.point, member, generationOf(own) + 1, own)
  if (winners.length === 0) return labelled(freshValues(request, index), member, generationOf(own) + 1)
  const rng = stream(index)
  const winner = winners[rng.integer(winners.length)]
  const because = `member ${member} is among the worst and goes on from trial ${winner.index}, one of the best`
  return { ...labelled(explored(winner.point, space, settings, rng), member, generationOf(own) + 1, winner), because }
}

/** The last ended trial of every member. */
function latestOf({ finished }: History): Map<number, FinishedTrial> {
  const latest = new Map<number, FinishedTrial>()
  for (const trial of finished) {
    const member = memberOf(trial)
    if (member === undefined) continue
    const before = latest.get(member)
    if (!before || generationOf(before) <= generationOf(trial)) latest.set(member, trial)
  }
  return latest
}

function memberOf({ labels }: Pick<Suggestion, 'labels'>): number | undefined {
  const text = labels?.[MEMBER_LABEL]
  return text === undefined ? undefined : Number(text)
}

function generationOf({ labels }: Pick<Suggestion, 'labels'>): number {
  return Number(labels?.[GENERATION_LABEL] ?? 0)
}

function labelled(point: Float64Array, member: number, generation: number, parent?: FinishedTrial): Suggestion {
  const labels = { [MEMBER_LABEL]: String(member), [GENERATION_LABEL]: String(generation), ...parentLabels(parent) }
  return { point, labels: parent?.name === undefined ? labels : { ...labels, [KATIB_PARENT_LABEL]: parent.name } }
}

function explored(point: Float64Array, { axes }: Space, { resample_probability }: Settings, rng: Rng): Float64Array {
  return point.map((u, i) => {
    const resampled = rng.uniform() < (resample_probability ?? 0)
    const isUp = rng.uniform() < 0.5
    return resampled ? axes[i].snap(rng.uniform()) : perturbed(axes[i], u, isUp)
  })
}

/** A neighbour with wrap-around for names; else 0.8 or 1.2 of the value, at least one step, inside the bounds. */
export function perturbed(axis: Axis, u: number, isUp: boolean): number {
  if (axis.levels === 1) return u
  const level = axis.levelOf(u)
  const direction = isUp ? 1 : -1
  if (axis.kind === 'categorical') return axis.unitOf((level + direction + axis.levels) % axis.levels)
  const scaled = axis.toUnit(String(Number(axis.toText(u)) * (isUp ? 1.2 : 0.8))) ?? u
  if (axis.kind === 'continuous') return Math.abs(scaled - u) > 1e-6 ? scaled : axis.snap(u + 0.1 * direction)
  const moved = axis.levelOf(scaled) === level ? level + direction : axis.levelOf(scaled)
  return axis.unitOf(Math.min(axis.levels - 1, Math.max(0, moved)))
}
