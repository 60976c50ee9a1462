/**
 * What one suggestion costs: `node bench/suggestion-cost.ts [--asks 60]`. CPU of the whole process, so the runtime's own
 * threads are in it; 10 numbers, a history of random points that grows by every answer. Medians.
 *
 * The last rows ask 64 times for one point each, without a result in between, and count the different ones; their time is
 * the total. A factorisation of 1,000 rows comes first: it says how fast the machine is today (91 ms where it is quiet).
 */

import { parseArgs } from 'node:util'
import { median } from 'simple-statistics'
import { cholesky, rngOf } from '#numerics'
import { ackley10 } from './problems/ackley10.ts'
import { type Engine, openEngine } from './search-engine.ts'

const { values: options } = parseArgs({ options: { asks: { type: 'string', default: '60' } } })
const askCount = Number(options.asks)
const rows: { what: string; ms: number; goal: number }[] = []

rows.push({ what: 'Cholesky factorisation of 1,000 rows', ms: median(Array.from({ length: 5 }, factorise)), goal: 91 })
for (const [algorithm, trials, goal] of [
  ['multivariate-tpe', 1000, 3],
  ['multivariate-tpe', 10_000, 15],
  ['tpe', 1000, 3],
  ['tpe', 10_000, 15],
  ['bayesianoptimization', 100, 30],
  ['bayesianoptimization', 1000, 500],
] as const) {
  rows.push({ what: `${algorithm} after ${trials} trials`, ms: costAfter(algorithm, trials), goal })
}
for (const algorithm of ['random', 'sobol', 'tpe', 'multivariate-tpe', 'bayesianoptimization', 'cmaes', 'auto']) {
  for (const known of [0, 30]) {
    const { ms, different } = sixtyFour(algorithm, known)
    rows.push({ what: `${algorithm}: 64 asks after ${known} trials, ${different} different`, ms, goal: 300 })
  }
}
for (const { what, ms, goal } of rows) console.log(`${what.padEnd(64)} ${ms.toFixed(1).padStart(8)} ms  goal ${goal}`)

function opened(algorithm: string, trials: number): Engine {
  const engine = openEngine({ parameters: ackley10.parameters, type: 'minimize', algorithm, seed: 1 })
  const rng = rngOf([1, 2, 3, 4])
  for (let i = 0; i < trials; i++) {
    const values = Object.fromEntries(
      ackley10.parameters.map(({ name }) => [name, String(-5 + 15 * rng.uniform())] as const),
    )
    engine.learn(values, ackley10.evaluate(values))
  }
  return engine
}

function costAfter(algorithm: string, trials: number): number {
  const engine = opened(algorithm, trials)
  const costs: number[] = []
  for (let i = 0; i < askCount; i++) {
    const { suggestions, cpuMs } = engine.ask(1)
    costs.push(cpuMs)
    engine.tell(suggestions[0].id, ackley10.evaluate(suggestions[0].assignments))
  }
  return median(costs)
}

function sixtyFour(algorithm: string, known: number): { ms: number; different: number } {
  const engine = opened(algorithm, known)
  const seen = new Set<string>()
  let ms = 0
  for (let i = 0; i < 64; i++) {
    const { suggestions, cpuMs } = engine.ask(1)
    ms += cpuMs
    seen.add(JSON.stringify(suggestions[0].assignments))
  }
  return { ms, different: seen.size }
}

function factorise(): number {
  const n = 1000
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = i === j ? 10 : 1 / (1 + i - j)
  const before = process.cpuUsage()
  cholesky(a, n)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
