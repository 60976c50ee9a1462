/** What a race says: medians, normalised regret with bootstrap intervals, mean rank, cost. */
import { rngOf } from '#numerics'
import { findProblem } from './problems/index.ts'

export interface RaceRow {
  readonly problem: string
  readonly algorithm: string
  readonly seed: number
  readonly trials: number
  /** Best value after each tenth of the trials. */
  readonly best: readonly number[]
  readonly cpuMs: number
}

export function rowText({ problem, algorithm, seed, trials, best, cpuMs }: RaceRow): string {
  return [problem, algorithm, seed, trials, best.join(' '), cpuMs.toFixed(3)].join(',')
}

export function rowFrom(text: string): RaceRow {
  const [problem, algorithm, seed, trials, best, cpuMs] = text.split(',')
  return {
    problem,
    algorithm,
    seed: Number(seed),
    trials: Number(trials),
    best: best.split(' ').map(Number),
    cpuMs: Number(cpuMs),
  }
}

/** 1: as good as the median of random search; 0: the optimum; clipped to [0, 2]. `random` must be among the rows. */
function normalisedRegret(rows: readonly RaceRow[], row: RaceRow): number {
  const { optimum } = findProblem(row.problem)
  const random = rows.filter(other => other.problem === row.problem && other.algorithm === 'random')
  const scale = median(random.map(final)) - optimum
  return Math.min(2, Math.max(0, (final(row) - optimum) / scale))
}

export function report(rows: readonly RaceRow[]): string {
  const problems = [...new Set(rows.map(({ problem }) => problem))]
  const algorithms = [...new Set(rows.map(({ algorithm }) => algorithm))]
  const of = (problem: string, algorithm: string) =>
    rows.filter(row => row.problem === problem && row.algorithm === algorithm)
  const lines = [`problem (median best, median normalised regret [95 %]) | ${algorithms.join(' | ')}`]
  for (const problem of problems) {
    const cells = algorithms.map(algorithm => {
      const mine = of(problem, algorithm)
      if (mine.length === 0) return '-'
      const regrets = mine.map(row => normalisedRegret(rows, row))
      const [low, high] = bootstrap([regrets], median)
      const interval = `[${low.toFixed(3)}, ${high.toFixed(3)}]`
      return `${median(mine.map(final)).toPrecision(5)} ${median(regrets).toFixed(3)} ${interval}`
    })
    lines.push(`${problem} | ${cells.join(' | ')}`)
  }
  const summaries = algorithms.map(algorithm => {
    const mine = rows.filter(row => row.algorithm === algorithm)
    const own = problems.filter(problem => of(problem, algorithm).length > 0)
    const byProblem = own.map(problem => of(problem, algorithm).map(row => normalisedRegret(rows, row)))
    const [low, high] = bootstrap(byProblem)
    const mean = average(byProblem.map(average))
    const ranks = mine.map(row => rankOf(row, rows))
    const cost = median(mine.map(({ cpuMs }) => cpuMs))
    const on = own.length < problems.length ? ` on ${own.length} of ${problems.length} problems` : ''
    return `${algorithm}: mean normalised regret ${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]${on}, mean rank ${average(ranks).toFixed(2)}, ${cost.toFixed(2)} CPU ms per suggestion`
  })
  const differences = algorithms.flatMap(peer => (peer === 'auto' ? [] : (pairedDifference(rows, 'auto', peer) ?? [])))
  return [...lines, '', ...summaries, '', ...differences].join('\n')
}

/** Mean over problems and seeds of the normalised regret after each tenth of the trials. */
export function meanRegretCurves(rows: readonly RaceRow[]): { algorithm: string; regrets: number[] }[] {
  return [...new Set(rows.map(({ algorithm }) => algorithm))].map(algorithm => {
    const mine = rows.filter(row => row.algorithm === algorithm)
    const points = Math.min(...mine.map(({ best }) => best.length))
    const regrets = Array.from({ length: points }, (_, k) =>
      average(mine.map(row => normalisedRegret(rows, { ...row, best: row.best.slice(0, k + 1) }))),
    )
    return { algorithm, regrets }
  })
}

/** Mean difference in normalised regret over paired problems and seeds, with its 95 % bootstrap interval. */
function pairedDifference(rows: readonly RaceRow[], ours: string, peer: string): string | undefined {
  const pairs = rows
    .filter(row => row.algorithm === ours)
    .flatMap(row => {
      const other = rows.find(
        ({ problem, seed, algorithm }) => algorithm === peer && problem === row.problem && seed === row.seed,
      )
      return other ? [{ problem: row.problem, gap: normalisedRegret(rows, row) - normalisedRegret(rows, other) }] : []
    })
  if (pairs.length === 0) return undefined
  const problems = [...new Set(pairs.map(({ problem }) => problem))]
  const byProblem = problems.map(problem => pairs.filter(pair => pair.problem === problem).map(({ gap }) => gap))
  const [low, high] = bootstrap(byProblem)
  const mean = average(byProblem.map(average))
  return `${ours} against ${peer}: ${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] over ${pairs.length} pairs`
}

/** 95 % interval of the mean over problems of what `of` makes of the seeds of each, resampling seeds. */
function bootstrap(
  byProblem: readonly (readonly number[])[],
  of: (values: readonly number[]) => number = average,
): [number, number] {
  const rng = rngOf([1, 2, 3, 4])
  const means = Array.from({ length: 2000 }, () =>
    average(byProblem.map(values => of(values.map(() => values[rng.integer(values.length)])))),
  ).sort((a, b) => a - b)
  return [means[50], means[1949]]
}

/** Among the rows of the same problem and seed; ties share. */
function rankOf(row: RaceRow, rows: readonly RaceRow[]): number {
  const peers = rows.filter(other => other.problem === row.problem && other.seed === row.seed)
  const better = peers.filter(other => final(other) < final(row)).length
  const equal = peers.filter(other => final(other) === final(row)).length
  return better + (equal + 1) / 2
}

function final(row: RaceRow): number {
  return row.best.at(-1) ?? Number.POSITIVE_INFINITY
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
