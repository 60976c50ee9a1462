/** Follows an experiment to its end, and stops it in two steps when the user asks. */
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, isTrue, type Trial, whyNeverBest } from '#api'
import { isTerminal } from '#controller'
import type { Progress } from '../output/progress.ts'
import type { Runner } from './runner.ts'

export interface Ending {
  readonly how: 'finished' | 'interrupted' | 'terminated' | 'timedOut'
  readonly experiment: Experiment
  readonly goalReached: boolean
  /** For the user; empty when all went well. An experiment that suspended itself has finished, too, until it is resumed. */
  readonly reason: string
}

/**
 * Resolves when the experiment is over, or: on the first SIGINT or SIGTERM no more trials start and running ones may
 * finish; on the second they are killed; after `timeoutMs` it stops waiting. What was reached is kept in each case.
 */
export async function follow(
  runner: Runner,
  experiment: Experiment,
  progress: Progress,
  timeoutMs?: number,
): Promise<Ending> {
  const { name, namespace = 'default' } = experiment.metadata
  const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace, name }
  const experiments = runner.informers.of<Experiment>(ref, { namespace })
  const trials = runner.informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace })
  await Promise.all([experiments.synced(), trials.synced()])
  const { promise, resolve, reject } = Promise.withResolvers<Ending>()
  const current = () => experiments.get(namespace, name) ?? experiment
  // The cache may not have seen yet that this very run resumed it.
  const isCurrent = ({ metadata }: Experiment) => (metadata.generation ?? 0) >= (experiment.metadata.generation ?? 0)
  const end = (how: Ending['how'], reason: string) => {
    const reached = current()
    const succeeded = reached.status?.conditions?.find(condition => condition.type === 'Succeeded')
    resolve({ how, experiment: reached, goalReached: succeeded?.reason === 'ExperimentGoalReached', reason })
  }

  const own = () => trials.list(namespace).filter(({ metadata }) => metadata.labels?.[EXPERIMENT_LABEL] === name)
  const unfinished = () => own().filter(trial => !isTerminal(trial))
  /** Nothing runs that will end by itself. The cache of trials may be behind the `active` ones of the status. */
  const rests = (active: number) => unfinished().length >= active && unfinished().every(waits)
  let asked: 'interrupted' | 'terminated' | undefined
  const look = () => {
    const reached = current()
    if (isCurrent(reached)) progress.experiment(reached)
    const { conditions, trialsRunning = 0, trialsPending = 0 } = reached.status ?? {}
    const settled = (reached.status?.observedGeneration ?? 0) >= (reached.metadata.generation ?? 0)
    if (isTrue(conditions, 'Failed')) end('finished', conditions?.at(-1)?.message ?? 'the experiment failed')
    else if (isTrue(conditions, 'Succeeded') && settled) end('finished', unusable(reached, own()))
    else if (asked && reached.spec.suspend === true && settled && rests(trialsRunning + trialsPending))
      end(asked, resumable(name))
    else if (isSilent(reached) && settled && isCurrent(reached) && trialsRunning + trialsPending === 0)
      end('finished', suspension(reached))
    else if (!experiments.get(namespace, name) && reached !== experiment) end('finished', `${name} was deleted`)
  }
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked) {
      runner.kill()
      end(asked, `running trials are killed; ${resumable(name)}`)
      return
    }
    asked = signal === 'SIGINT' ? 'interrupted' : 'terminated'
    const running = unfinished().filter(trial => !waits(trial)).length
    progress.note(`stopping: ${running} running trials will finish; once more kills them`)
    runner.client.patch(ref, { spec: { suspend: true } }).catch(reject)
  }

  using _experiments = experiments.onChange(change => {
    if (change.object.metadata.name === name && change.object.metadata.namespace === namespace) look()
  })
  using _trials = trials.onChange(change => {
    if (change.object.metadata.labels?.[EXPERIMENT_LABEL] !== name) return
    progress.trial(change.object)
    if (asked) look()
  })
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const ticking = setInterval(() => progress.tick(), 1_000)
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          runner.kill()
          end('timedOut', `not finished after ${timeoutMs / 1_000}s; ${resumable(name)}`)
        }, timeoutMs)
  try {
    for (const trial of own()) progress.trial(trial)
    look()
    return await promise
  } finally {
    clearInterval(ticking)
    clearTimeout(timer)
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** For an image, a slot or a node: that may last for ever, and goes on with the next run. */
const waits = ({ status }: Trial) => status?.conditions?.at(-1)?.reason === 'TrialPending'
const isSilent = ({ spec, status }: Experiment) => spec.suspend === true && isTrue(status?.conditions, 'Suspended')
function suspension({ status, metadata }: Experiment): string {
  const told = status?.conditions?.find(({ type }) => type === 'Suspended')?.message ?? ''
  return `${told}; mend the program and run this again, or the manifest after \`qalam delete ${metadata.name}\``
}

const resumable = (name: string) => `the same command continues, \`qalam best ${name}\` answers now`

/** The sentence of a trial without a metric, or with NaN, says more than that there is none. */
function unusable({ spec, status, metadata }: Experiment, trials: readonly Trial[]): string {
  if (status?.currentOptimalTrial?.bestTrialName) return ''
  const told = trials.map(whyNeverBest).find(sentence => sentence !== undefined)
  const none = `no trial has a usable ${spec.objective?.objectiveMetricName}`
  return `${none}${told === undefined ? '' : `: ${told}`}; see \`qalam describe ${metadata.name}\``
}
