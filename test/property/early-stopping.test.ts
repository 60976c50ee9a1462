import { describe, expect, test } from 'vitest'
import { decide, earlyStoppers, type TrialCurve } from '#earlystop'
import { type Rng, streamOf } from '#numerics'

const ROUNDS = 60
/** Small enough to stop somebody within forty reports; start: reports before which nobody may be stopped. */
const rules: Record<string, { settings: Record<string, string>; start: number; looksAtPeers: boolean }> = {
  medianstop: { settings: { start_step: '5' }, start: 5, looksAtPeers: true },
  percentile: { settings: { n_warmup_steps: '3' }, start: 4, looksAtPeers: true },
  asha: { settings: { min_resource: '2' }, start: 2, looksAtPeers: true },
  hyperband: { settings: { min_resource: '2', max_resource: '54' }, start: 2, looksAtPeers: true },
  wilcoxon: { settings: { n_startup_steps: '6' }, start: 6, looksAtPeers: true },
  curve: { settings: { min_points: '6' }, start: 6, looksAtPeers: true },
  patience: { settings: { patience: '4' }, start: 5, looksAtPeers: false },
  threshold: { settings: { upper: '0.6', n_warmup_steps: '2' }, start: 3, looksAtPeers: false },
}

const specOf = (name: string) => ({
  algorithmName: name,
  algorithmSettings: Object.entries(rules[name].settings).map(([setting, value]) => ({ name: setting, value })),
})

test('every rule is here', () => {
  expect(Object.keys(rules).sort()).toEqual([...earlyStoppers.keys()].sort())
})

/** Values are multiples of 1/1024, so that the affine changes below are exact. */
const exact = (value: number) => Math.round(value * 1024) / 1024

function aCurve(rng: Rng, trial: string, ended: boolean, length: number): TrialCurve {
  const end = rng.uniform()
  const rate = 0.5 + rng.uniform()
  const steps = Array.from({ length }, (_, i) => i + 1)
  return { trial, ended, steps, losses: steps.map(t => exact(end + t ** -rate + 0.02 * rng.normal())) }
}

function aWorld(seed: number): { trial: TrialCurve; peers: readonly TrialCurve[] } {
  const rng = streamOf(seed, 'worlds', 0)
  const ended = Array.from({ length: 8 }, (_, i) => aCurve(rng, `ended-${i}`, true, 40))
  const going = Array.from({ length: 4 }, (_, i) => aCurve(rng, `going-${i}`, false, 1 + rng.integer(39)))
  return { trial: aCurve(rng, `t-${seed}`, false, 1 + rng.integer(39)), peers: [...ended, ...going] }
}

const worlds = Array.from({ length: ROUNDS }, (_, seed) => ({ seed, ...aWorld(seed) }))
const mapped = (curve: TrialCurve, f: (loss: number) => number): TrialCurve => ({
  ...curve,
  losses: curve.losses.map(f),
})

describe.each(Object.keys(rules))('%s', name => {
  const spec = specOf(name)
  const stops = (trial: TrialCurve, peers: readonly TrialCurve[]) => decide(spec, trial, peers).stop

  test('stops some and lets some go on', () => {
    const verdicts = worlds.map(({ trial, peers }) => stops(trial, peers))
    expect(new Set(verdicts).size).toBe(2)
  })

  test.runIf(name !== 'threshold')('an affine change of the objective changes no decision', () => {
    const differing = worlds.filter(({ trial, peers }) => {
      const moved = (loss: number) => 8 * loss - 3
      return (
        stops(trial, peers) !==
        stops(
          mapped(trial, moved),
          peers.map(peer => mapped(peer, moved)),
        )
      )
    })
    expect(differing.map(({ seed }) => seed)).toEqual([])
  })

  test('the order of peers does not matter', () => {
    const differing = worlds.filter(({ seed, trial, peers }) => {
      const order = streamOf(seed, 'order', 0).permutation(peers.length)
      const shuffled = order.map(i => peers[i]).toSorted((a, b) => Number(b.ended) - Number(a.ended))
      return JSON.stringify(decide(spec, trial, peers)) !== JSON.stringify(decide(spec, trial, shuffled))
    })
    expect(differing.map(({ seed }) => seed)).toEqual([])
  })

  test('nobody is stopped before the start', () => {
    const early = worlds.filter(({ trial, peers }) => {
      const count = Math.min(rules[name].start - 1, trial.losses.length)
      const hopeless = trial.losses.slice(0, count).map(loss => loss + 100)
      return stops({ ...trial, steps: trial.steps.slice(0, count), losses: hopeless }, peers)
    })
    expect(early.map(({ seed }) => seed)).toEqual([])
  })

  test.runIf(rules[name].looksAtPeers)('the best so far is never stopped', () => {
    const stopped = worlds.filter(({ trial, peers }) => {
      const least = Math.min(...peers.flatMap(({ losses }) => losses)) - 1
      // Bad at first, the best at the end: for wilcoxon the best is the one with the best mean.
      const losses = trial.losses.map((loss, i) => (i === trial.losses.length - 1 ? least - 100 : loss))
      return stops({ ...trial, losses }, peers)
    })
    expect(stopped.map(({ seed }) => seed)).toEqual([])
  })

  test('what is no number, one report, equal curves and no peers are borne', () => {
    const odd = [[Number.NaN], [Number.POSITIVE_INFINITY], [1], new Array<number>(40).fill(1), []]
    odd.push(Array.from({ length: 40 }, (_, i) => [Number.NaN, 1, Number.NEGATIVE_INFINITY, 2][i % 4]))
    odd.push(Array.from({ length: 40 }, (_, i) => (i % 2 ? 1e308 : -1e308)))
    const curves = odd.map((losses, i) => ({
      trial: `odd-${i}`,
      ended: true,
      steps: losses.map((_, k) => k + 1),
      losses,
    }))
    for (const trial of curves) {
      for (const peers of [[], [trial, trial, trial, trial, trial], curves]) {
        expect(decide(spec, { ...trial, ended: false }, peers).stop).toBeTypeOf('boolean')
      }
    }
  })

  test('of equal curves none is stopped by its peers', () => {
    if (!rules[name].looksAtPeers) return
    const { trial } = worlds[0]
    const peers = Array.from({ length: 6 }, (_, i) => ({ ...trial, trial: `peer-${i}`, ended: true }))
    expect(stops(trial, peers)).toBe(false)
  })
})
