/**
 * Probabilities of a categorical parameter's names, moved towards those of the better half of a generation.
 *
 * Source: Hamano et al. 2024, CatCMA, arXiv:2405.09962, section 3, with the adaptive rate of Akimoto et al. 2019 (ASNG).
 * Departs: every parameter adapts its own rate.
 *
 * q [K] probabilities · δ trust region · s accumulated direction in the Fisher metric · γ its expected square
 */

export interface Names {
  readonly q: Float64Array
  readonly delta: number
  readonly s: Float64Array
  readonly gamma: number
}

const ALPHA = 1.5

export function startNames(levels: number): Names {
  return { q: new Float64Array(levels).fill(1 / levels), delta: 1, s: new Float64Array(levels), gamma: 0 }
}

/** `levels`: the name each trial of the generation had, best first. `nameCount`: categorical parameters in all. */
export function advanceNames(names: Names, levels: readonly number[], nameCount: number): Names {
  const count = names.q.length
  if (count === 1) return names
  const mu = Math.floor(levels.length / 2)
  const weights = Array.from({ length: mu }, (_, i) => Math.log((levels.length + 1) / 2) - Math.log(i + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const gradient = names.q.map(q => -q)
  for (const [i, weight] of weights.entries()) gradient[levels[i]] += weight / total
  const fisher = gradient.map((g, k) => g / Math.sqrt(names.q[k]))
  const length = Math.sqrt(fisher.reduce((sum, f) => sum + f * f, 0))
  if (!(length > 1e-12)) return names
  const beta = Math.min(0.5, names.delta / Math.sqrt(count - 1))
  const s = names.s.map((old, k) => (1 - beta) * old + (Math.sqrt(beta * (2 - beta)) * fisher[k]) / length)
  const gamma = (1 - beta) ** 2 * names.gamma + beta * (2 - beta)
  const square = s.reduce((sum, value) => sum + value * value, 0)
  const delta = Math.min(1, Math.max(1e-2, names.delta * Math.exp(beta * (square / ALPHA - gamma))))
  const moved = names.q.map((q, k) => q + Math.min(1, (names.delta * RATE) / length) * gradient[k])
  return { q: floored(moved, (1 - 0.73 ** (1 / nameCount)) / (count - 1)), delta, s, gamma }
}

/** Share of the trust region one generation may move. */
const RATE = 0.3

/** No probability below `floor`, as long as that is possible; they sum to 1. */
function floored(q: Float64Array, floor: number): Float64Array {
  const least = Math.min(floor, 1 / q.length)
  const raised = q.map(value => Math.max(value, least))
  const excess = raised.reduce((sum, value) => sum + value, 0) - 1
  const room = raised.reduce((sum, value) => sum + (value - least), 0)
  return room > 0 ? raised.map(value => value - (excess * (value - least)) / room) : raised
}

/** The name at cumulative probability u. */
export function drawName({ q }: Names, u: number): number {
  let left = u
  for (let k = 0; k < q.length - 1; k++) {
    left -= q[k]
    if (left < 0) return k
  }
  return q.length - 1
}
