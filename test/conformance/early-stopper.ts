/**
 * What every early-stopping rule owes, whatever it is called. A rule adds itself by a case: settings under which the
 * hopeless trial below is stopped, and, with its reason, what it is excused from.
 */
import { describe, expect, test } from 'vitest'
import { type Decision, decide, type EarlyStopper, settingProblems, type TrialCurve } from '#earlystop'
import { type Rng, streamOf } from '#numerics'

export interface RuleCase {
  readonly rule: EarlyStopper
  readonly settings?: Readonly<Record<string, string>>
  /** Each with why: `peers` it looks at the trial alone, `units` it has bounds in the objective's own units. */
  readonly excused?: { readonly peers?: string; readonly units?: string }
}

export function stopsAsPromised({ rule, settings = {}, excused = {} }: RuleCase): void {
  const algorithmSettings = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const spec = { algorithmName: rule.name, algorithmSettings }
  const ask = (trial: TrialCurve, peers: readonly TrialCurve[], sign: 1 | -1 = 1) => decide(spec, trial, peers, sign)

  describe(rule.name, () => {
    test('a hopeless trial is stopped, with a sentence that has the numbers', () => {
      const decision = ask(hopeless, peers)
      expect(decision.stop).toBe(true)
      expect(reasonOf(decision)).toMatch(/\d/)
      expect(reasonOf(decision)).toMatch(/^[a-z].*[^.]$/)
    })

    test('a decision is a function of what is asked: the same again, also after other questions', () => {
      for (const [i, { trial, peers }] of races.entries()) {
        const first = ask(trial, peers)
        ask(races[(i + 1) % races.length].trial, peers)
        expect(ask(frozen(trial), peers.map(frozen)), `race ${i}`).toEqual(first)
      }
    })

    test('the order of peers means nothing', () => {
      for (const [i, { trial, peers }] of races.entries()) {
        const [ended, running] = [peers.filter(peer => peer.ended), peers.filter(peer => !peer.ended)]
        const turned = ask(trial, [...ended.toReversed(), ...running.toReversed()])
        expect(turned.stop, `race ${i}`).toBe(ask(trial, peers).stop)
      }
    })

    test.skipIf(excused.peers)('one that is better than every peer at every step is never stopped', () => {
      for (const [i, { trial, peers }] of races.entries()) {
        const losses = trial.losses.map(
          (_, step) =>
            Math.min(...peers.flatMap(({ losses }) => losses.slice(0, Math.max(1, losses.length))), 0) - step,
        )
        expect(ask({ ...trial, losses }, peers), `race ${i}`).toEqual({ stop: false })
      }
    })

    test.skipIf(excused.peers)('without a peer that has ended nobody is stopped', () => {
      expect(ask(hopeless, [])).toEqual({ stop: false })
      expect(ask(hopeless, [{ ...hopeless, trial: 'empty', steps: [], losses: [], ended: true }])).toEqual({
        stop: false,
      })
    })

    test.skipIf(excused.units)('other units of the objective change nothing', () => {
      const scaled = (curve: TrialCurve) => ({ ...curve, losses: curve.losses.map(loss => loss * 1_024) })
      for (const [i, { trial, peers }] of races.entries())
        expect(ask(scaled(trial), peers.map(scaled)).stop, `race ${i}`).toBe(ask(trial, peers).stop)
    })

    test.skipIf(excused.units)('what is maximised is decided as what is minimised, and told with its own sign', () => {
      for (const { trial, peers } of races) expect(ask(trial, peers, -1).stop).toBe(ask(trial, peers).stop)
      const above = (curve: TrialCurve) => ({ ...curve, losses: curve.losses.map(loss => loss + 1_000) })
      const told = [1 as const, -1 as const].map(sign => reasonOf(ask(above(hopeless), peers.map(above), sign)))
      expect(told[1].replaceAll('-', '')).toBe(told[0].replaceAll('-', ''))
    })

    test.each(Object.entries(strange))('%s: decided without a complaint', (_, losses) => {
      const trial = { ...hopeless, losses, steps: losses.map((_, i) => i + 1) }
      for (const others of [[], peers, [{ ...trial, trial: 'other', ended: true }]]) {
        const decision = ask(trial, others)
        expect(typeof decision.stop).toBe('boolean')
        if (decision.stop) expect(reasonOf(decision)).toBeTruthy()
      }
    })

    test('settings: none is needed, and what cannot be meant is named', () => {
      expect(settingProblems({ algorithmName: rule.name })).toEqual([])
      const names = Object.keys((rule.settings as unknown as { shape: Record<string, unknown> }).shape)
      const wrong = names.map(name => ({ name, value: 'rubbish' }))
      const problems = settingProblems({ algorithmName: rule.name, algorithmSettings: wrong })
      expect(problems.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
      const unknown = settingProblems({
        algorithmName: rule.name,
        algorithmSettings: [{ name: 'nonesuch', value: '1' }],
      })
      expect(unknown).toEqual([{ name: 'nonesuch', message: `${rule.name} has no such setting` }])
    })
  })
}

const reasonOf = (decision: Decision) => (decision.stop ? decision.reason : '')

function curve(trial: string, ended: boolean, losses: readonly number[]): TrialCurve {
  return { trial, ended, steps: losses.map((_, i) => i + 1), losses }
}

/** A falling curve with an end, a pace and some noise. */
function falling(count: number, end: number, rng: Rng): readonly number[] {
  const pace = 0.3 + rng.uniform()
  return Array.from({ length: count }, (_, i) => end + (1 + rng.uniform()) * (i + 1) ** -pace + 0.01 * rng.normal())
}

const peers = Array.from({ length: 40 }, (_, i) =>
  curve(`peer-${i}`, true, falling(27, i / 100, streamOf('peers', 'curve', i))),
)
/** Level since its second report, and worse than everybody at every step. */
const hopeless = curve('hopeless', false, [9.5, ...Array.from({ length: 25 }, (_, i) => 9 + 0.1 / (i + 1))])

const races = Array.from({ length: 60 }, (_, i) => {
  const rng = streamOf('races', 'early-stopper', i)
  const trial = curve(`own-${i}`, false, falling(1 + rng.integer(27), 2 * rng.uniform(), rng))
  const count = rng.integer(12)
  const others = Array.from({ length: count }, (_, k) =>
    curve(`other-${i}-${k}`, k < count / 2, falling(1 + rng.integer(27), rng.uniform(), rng)),
  )
  return { trial, peers: others }
})

const strange: Readonly<Record<string, readonly number[]>> = {
  'nothing reported': [],
  'one report': [1],
  'all NaN': Array.from({ length: 30 }, () => Number.NaN),
  'all infinite': Array.from({ length: 30 }, (_, i) => (i % 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)),
  'all equal': Array.from({ length: 30 }, () => 1),
  huge: Array.from({ length: 30 }, (_, i) => (i % 2 ? 1e308 : -1e308)),
  'a thousand reports': Array.from({ length: 1_000 }, (_, i) => 1 / (i + 1)),
}

function frozen(one: TrialCurve): TrialCurve {
  return Object.freeze({ ...one, steps: Object.freeze([...one.steps]), losses: Object.freeze([...one.losses]) })
}
