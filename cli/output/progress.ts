/** What a run says while it runs: events worth keeping, and on a terminal one redrawn region. */
import { styleText } from 'node:util'
import { type Experiment, missingMetric, type Trial, whyNeverBest } from '#api'
import { numberOf } from '../trials.ts'
import { bestTrialOf } from './best-trial.ts'
import { formatResult } from './result-format.ts'
import { age } from './table.ts'

export interface ProgressOptions {
  /** Where everything but the result goes. */
  readonly out: NodeJS.WriteStream
  readonly quiet?: boolean
  /** Trial starts too. */
  readonly verbose?: boolean
  readonly now: () => number
}

/** Fed with every change of the experiment and its trials; prints each event once. */
export class Progress implements Disposable {
  readonly #options: ProgressOptions
  readonly #startedAt: number
  readonly #isTerminal: boolean
  readonly #phases = new Map<string, string>()
  #experiment: Experiment | undefined
  #bestName: string | undefined
  #isSuspended = false
  #endedAtBest = 0
  #region = 0
  #lastLineAt: number

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#startedAt = options.now()
    this.#lastLineAt = this.#startedAt
    this.#isTerminal = options.out.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb'
  }

  start(experiment: Experiment, place: string): void {
    const { spec, metadata } = experiment
    const goal = spec.objective?.goal === undefined ? '' : `  goal ${spec.objective.goal}`
    const objective = `${spec.objective?.type} ${spec.objective?.objectiveMetricName}${goal}`
    const budget = `budget ${spec.maxTrialCount ?? 'unlimited'}  parallel ${spec.parallelTrialCount ?? 3}`
    this.note(`${metadata.name}  ${spec.algorithm?.algorithmName}  ${objective}  ${budget}  ${place}`)
  }

  experiment(experiment: Experiment): void {
    this.#experiment = experiment
    const best = bestTrialOf(experiment)
    if (best && best.name !== this.#bestName) {
      this.#bestName = best.name
      this.#endedAtBest = ended(experiment)
      this.#event(
        `new best ${rounded(best.objective)}  ${formatResult(best, 'args').replaceAll('--', '')}`,
        best.name,
        'green',
      )
    }
    const suspended = experiment.status?.conditions?.find(({ type }) => type === 'Suspended')
    if (suspended && !this.#isSuspended) this.#event('suspended: no more trials start', experiment.metadata.name, 'red')
    this.#isSuspended = suspended !== undefined
    this.#draw()
  }

  trial(trial: Trial): void {
    const { name } = trial.metadata
    const phase = trial.status?.phase ?? 'Pending'
    const last = trial.status?.conditions?.at(-1)
    const standing = last?.reason === 'TrialPending' ? last.message : phase
    if (this.#phases.get(name) === standing) return
    this.#phases.set(name, standing ?? phase)
    const label = numberOf(trial) === undefined ? name : `#${numberOf(trial)}`
    if (phase === 'Failed' || phase === 'MetricsUnavailable') {
      const told = phase === 'Failed' ? `FAILED  ${last?.message ?? ''}` : `no metric  ${missingMetric(trial)}`
      this.#event(`${told}  (qalam logs ${name})`, label, 'red')
    }
    const useless = phase === 'Succeeded' ? whyNeverBest(trial) : undefined
    if (useless !== undefined) this.#event(`no use  ${useless}  (qalam logs ${name})`, label, 'yellow')
    if (last?.reason === 'TrialPending')
      this.#event(`waits  ${last.message?.replace(/^Trial waits: /, '') ?? ''}`, label, 'yellow')
    if (phase === 'Killed' || phase === 'EarlyStopped') this.#event(`${phase}  ${last?.message ?? ''}`, label, 'yellow')
    if (phase === 'Running' && this.#options.verbose) {
      const values = trial.spec.parameterAssignments?.map(assignment => `${assignment.name}=${assignment.value}`)
      this.#event(`started  ${values?.join(' ') ?? ''}`, label, 'dim')
    }
  }

  /** A line of its own. */
  note(text: string): void {
    if (this.#options.quiet) return
    this.#clear()
    this.#lastLineAt = this.#options.now()
    this.#options.out.write(`${text}\n`)
    this.#draw()
  }

  /** Once a second: redraws; without a terminal prints a sign of life a minute after the last line. */
  tick(): void {
    if (this.#isTerminal) this.#draw()
    else if (this.#experiment && this.#options.now() - this.#lastLineAt >= 60_000)
      this.note(this.#summary(this.#experiment))
  }

  [Symbol.dispose](): void {
    this.#clear()
    this.#experiment = undefined
  }

  #event(text: string, subject: string, colour: 'green' | 'red' | 'yellow' | 'dim'): void {
    const elapsed = age(this.#options.now() - this.#startedAt)
    const line = `  ${subject}  ${text}`
    this.note(this.#isTerminal ? `${styleText(colour, line)}  ${elapsed}` : `${line}  ${elapsed}`)
  }

  #draw(): void {
    if (!this.#isTerminal || this.#options.quiet || this.#experiment === undefined) return
    this.#clear()
    const width = Math.max(20, (this.#options.out.columns ?? 80) - 1)
    this.#options.out.write(`${this.#summary(this.#experiment).slice(0, width)}\n`)
    this.#region = 1
  }

  #clear(): void {
    if (this.#region === 0) return
    this.#options.out.write(`\x1b[${this.#region}A\x1b[0J`)
    this.#region = 0
  }

  #summary(experiment: Experiment): string {
    const { spec, status } = experiment
    const done = ended(experiment)
    const total = spec.maxTrialCount
    const bar =
      total === undefined ? '' : `[${'#'.repeat(Math.min(16, Math.round((16 * done) / total))).padEnd(16, '-')}] `
    const elapsedMs = this.#options.now() - this.#startedAt
    const sinceBest = done - this.#endedAtBest
    const parts = [
      `${bar}${done}/${total ?? 'unlimited'}`,
      `${status?.trialsRunning ?? 0} running`,
      ...((status?.trialsFailed ?? 0) > 0 ? [`${status?.trialsFailed} failed`] : []),
      ...(status?.bestObjective === undefined ? [] : [`best ${rounded(status.bestObjective)}`]),
      ...(total !== undefined && done > 0 && done < total ? [`eta ${age((elapsedMs / done) * (total - done))}`] : []),
      ...(sinceBest > 0 && this.#bestName
        ? [`last gain ${sinceBest} ${sinceBest === 1 ? 'trial' : 'trials'} ago`]
        : []),
    ]
    return parts.join('  ')
  }
}

/** For reading; the result itself is printed with every digit. */
const rounded = (value: number | string) => Number(Number(value).toPrecision(6))

function ended({ status }: Experiment): number {
  const counts = [
    status?.trialsSucceeded,
    status?.trialsFailed,
    status?.trialsKilled,
    status?.trialsEarlyStopped,
    status?.trialMetricsUnavailable,
  ]
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
}
