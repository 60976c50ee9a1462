/**
 * The race: `node bench/search.ts [--algorithms a,b] [--problems p,q] [--seeds 5] [--trials 100] [--minutes 30] [--out FILE]`.
 *
 * Without `--problems` it runs the tasks of the goals that can be run here: six functions, three tables and a training task.
 * Seed 1 of everything comes first, then seed 2: a race that ran out of its minutes, or was stopped, has whole seeds, and the
 * same command goes on where it was. With everything else as it is, a seed takes about a minute and a half on a quiet machine.
 *
 * `--problems all` are all that can be run here, `bbob-d10` the 24 functions of BBOB in 10 dimensions. `cmaes+ipop` is cmaes
 * with that restart_strategy. Foreign optimizers (`optuna-gp`, `hebo`, ...) run where they are installed:
 * docs/reference/search.md. Ends with a table and a picture beside the CSV. `random` must be among the algorithms: it sets the
 * scale. One CSV row per problem, algorithm and seed, appended as it is known.
 * Columns: problem, algorithm, seed, trials, best after each tenth of the trials, CPU ms per suggestion (second half).
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { isPeer, openPeer, type PeerEngine } from './peer-engine.ts'
import { findProblem, goalTasks, problemNames, tasksOf } from './problems/index.ts'
import { endTraining } from './problems/sklearn.ts'
import { openEngine } from './search-engine.ts'
import { racePlot } from './search-plot.ts'
import { type RaceRow, report, rowFrom, rowText } from './search-report.ts'

const { values: options } = parseArgs({
  options: {
    algorithms: { type: 'string', default: 'random,tpe,multivariate-tpe,bayesianoptimization,cmaes,auto' },
    problems: { type: 'string', default: goalTasks().join(',') },
    seeds: { type: 'string', default: '5' },
    trials: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '30' },
    out: { type: 'string', default: join(import.meta.dirname, 'results/search.csv') },
  },
})
const trials = Number(options.trials)
mkdirSync(dirname(options.out), { recursive: true })
const rows: RaceRow[] = existsSync(options.out) ? readFileSync(options.out, 'utf8').trim().split('\n').map(rowFrom) : []
const wanted: RaceRow[] = []
const absent = new Set<string>()

const problems = options.problems === 'all' ? problemNames() : options.problems.split(',').flatMap(tasksOf)
const algorithms = options.algorithms.split(',')
const runs = Array.from({ length: Number(options.seeds) }, (_, i) => i + 1).flatMap(seed =>
  problems.flatMap(problem => algorithms.map(algorithm => ({ problem, algorithm, seed }))),
)
const began = Date.now()
const isOver = () => Date.now() - began > Number(options.minutes) * 60_000
let left = 0
for (const { problem, algorithm, seed } of runs) {
  const done = rows.find(
    row => row.problem === problem && row.algorithm === algorithm && row.seed === seed && row.trials === trials,
  )
  if (!done && isOver()) {
    left++
    continue
  }
  const row = done ?? (await race(problem, algorithm, seed))
  if (!row) continue
  wanted.push(row)
  if (!done) appendFileSync(options.out, `${rowText(row)}\n`)
}
endTraining()
const scaled = wanted.filter(({ problem }) => wanted.some(row => row.problem === problem && row.algorithm === 'random'))
console.log(report(scaled))
writeFileSync(options.out.replace(/(\.csv)?$/, '.svg'), racePlot(scaled))
if (left > 0)
  console.log(
    `\n${options.minutes} minutes are over, ${left} of ${runs.length} runs are left: the same command goes on`,
  )

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
