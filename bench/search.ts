/**
 * The race: `node bench/search.ts [--algorithms a,b] [--problems p,q] [--seeds 20] [--trials 100] [--out FILE]`.
 *
 * `cmaes+ipop` is cmaes with that restart_strategy; `--problems bbob-d10` are the 24 functions of BBOB in 10 dimensions.
 * Ends with a table and a picture beside the CSV. `random` must be among the algorithms: it sets the scale.
 * One CSV row per problem, algorithm and seed, appended as it is known: a race that was stopped goes on where it was.
 * Columns: problem, algorithm, seed, trials, best after each tenth of the trials, CPU ms per suggestion (second half).
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { isPeer, openPeer, type PeerEngine } from './peer-engine.ts'
import { findProblem, problemNames, tasksOf } from './problems/index.ts'
import { openEngine } from './search-engine.ts'
import { racePlot } from './search-plot.ts'
import { type RaceRow, report, rowFrom, rowText } from './search-report.ts'

const { values: options } = parseArgs({
  options: {
    algorithms: { type: 'string', default: 'random,tpe,multivariate-tpe,bayesianoptimization,cmaes,auto' },
    problems: { type: 'string', default: problemNames().join(',') },
    seeds: { type: 'string', default: '20' },
    trials: { type: 'string', default: '100' },
    out: { type: 'string', default: join(import.meta.dirname, 'results/search.csv') },
  },
})
const trials = Number(options.trials)
mkdirSync(dirname(options.out), { recursive: true })
const rows: RaceRow[] = existsSync(options.out) ? readFileSync(options.out, 'utf8').trim().split('\n').map(rowFrom) : []
const wanted: RaceRow[] = []
const absent = new Set<string>()

for (const problem of options.problems.split(',').flatMap(tasksOf)) {
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    for (const algorithm of options.algorithms.split(',')) {
      const done = rows.find(
        row => row.problem === problem && row.algorithm === algorithm && row.seed === seed && row.trials === trials,
      )
      const row = done ?? (await race(problem, algorithm, seed))
      if (!row) continue
      wanted.push(row)
      if (!done) appendFileSync(options.out, `${rowText(row)}\n`)
    }
  }
}
console.log(report(wanted))
writeFileSync(options.out.replace(/(\.csv)?$/, '.svg'), racePlot(wanted))

/** `undefined`: a peer that is not here, or a space that an algorithm refuses; the reason is printed once. */
async function race(problemName: string, algorithm: string, seed: number): Promise<RaceRow | undefined> {
  const problem = findProblem(problemName)
  const [name, restart_strategy] = algorithm.split('+')
  const settings: Record<string, string> = restart_strategy === undefined ? {} : { restart_strategy }
  const init = {
    parameters: problem.parameters,
    type: 'minimize',
    algorithm: name,
    settings,
    seed,
    maxTrialCount: trials,
  } as const
  if (absent.has(`${algorithm} ${problemName}`)) return undefined
  try {
    if (!isPeer(name)) return await run(openEngine(init))
    using peer = await openPeer(init)
    return await run(peer)
  } catch (reason) {
    absent.add(`${algorithm} ${problemName}`)
    console.log(`left out on ${problemName}: ${reason instanceof Error ? reason.message : reason}`)
    return undefined
  }

  async function run(engine: PeerEngine | ReturnType<typeof openEngine>): Promise<RaceRow> {
    const best: number[] = []
    const cpu: number[] = []
    let incumbent = Number.POSITIVE_INFINITY
    for (let i = 1; i <= trials; i++) {
      const { suggestions, cpuMs } = await engine.ask(1)
      if (suggestions.length === 0) break
      const value = await problem.evaluate(suggestions[0].assignments)
      await engine.tell(suggestions[0].id, value)
      incumbent = Math.min(incumbent, value)
      if (i % Math.max(1, Math.floor(trials / 10)) === 0) best.push(incumbent)
      if (i > trials / 2) cpu.push(cpuMs)
    }
    const cpuMs = cpu.reduce((sum, ms) => sum + ms, 0) / Math.max(1, cpu.length)
    return { problem: problemName, algorithm, seed, trials, best: best.length ? best : [incumbent], cpuMs }
  }
}
