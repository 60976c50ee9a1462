/**
 * Why nothing is moving, in one sentence with a next step. Pure: a ladder over a world that was read, from what ends an
 * experiment for ever, over who moves it and what it was told, to the trial that is in the way.
 */
import { isTrue, TRIAL_LABEL, type Trial } from '#api'
import type { Why } from './answer.ts'
import { beforeTrials } from './before-trials.ts'
import { ended } from './ended.ts'
import { trialStanding } from './trial-standing.ts'
import { counted, isActive, said, type WhyWorld } from './world.ts'

export function why(world: WhyWorld): Why {
  const over = ended(world)
  if (over) return over
  if (world.served === 'no') return unserved(world)
  return notMoved(world) ?? toldToWait(world) ?? ofTrials(world) ?? beforeTrials(world)
}

/** What the directory tells, and that nobody acts on it. */
function unserved(world: WhyWorld): Why {
  const rest = why({ ...world, served: 'yes' })
  const next = `start one: \`${world.startWith}\``
  return {
    state: 'NoServer',
    sentence: `nobody serves ${world.place}; where it was left, ${rest.sentence}`,
    next: rest.state === 'Paused' || rest.state === 'SuspendedWithoutMetrics' ? `${next}; ${rest.next}` : next,
  }
}

function notMoved({ experiment, startWith, storeAway }: WhyWorld): Why | undefined {
  const { generation = 0 } = experiment.metadata
  const { observedGeneration = generation, conditions = [] } = experiment.status ?? {}
  if (conditions.length === 0 || observedGeneration < generation) {
    const what =
      conditions.length === 0 ? 'no controller has looked at it yet' : 'no controller has seen its last change'
    const next = `wait for a second; if it stays so, no controller runs: start \`${startWith}\``
    return { state: 'NotSeenYet', sentence: what, next }
  }
  if (storeAway === undefined) return undefined
  const next = 'bring the database back; nothing is lost, collectors wait for it'
  return { state: 'StoreAway', sentence: `the observation store does not answer: ${storeAway}`, next }
}

function toldToWait({ experiment, trials }: WhyWorld): Why | undefined {
  if (!experiment.spec.suspend && !isTrue(experiment.status?.conditions, 'Suspended')) return undefined
  const { name } = experiment.metadata
  const suspended = experiment.status?.conditions?.find(({ type }) => type === 'Suspended')
  const running = trials.filter(isActive).length
  const still = running === 0 ? '' : `, and ${counted(running, 'trial')} still to end`
  if (suspended) {
    const sentence = said(suspended).replace(/^Experiment is suspended: /, '')
    const next = `mend it, then \`qalam resume ${name}\``
    return { state: 'SuspendedWithoutMetrics', sentence: `it has suspended itself${still}: ${sentence}`, next }
  }
  return { state: 'Paused', sentence: `it is suspended by its user${still}`, next: `\`qalam resume ${name}\` goes on` }
}

/** How one trial of the world stands. */
export function trialWhy({ experiment, jobs, pods, warnings, now }: WhyWorld, trial: Trial): Why {
  const job = jobs.find(({ metadata }) => metadata.name === trial.metadata.name)
  const warning = warnings.get(job?.metadata.uid ?? '')?.message
  return trialStanding({
    trial,
    experiment,
    job,
    pods: pods.filter(({ metadata }) => metadata.labels?.[TRIAL_LABEL] === trial.metadata.name),
    ...(warning === undefined ? {} : { warning }),
    now,
  })
}

/** Trials that have not ended: if any runs, it moves; else the one that is in the way for the longest. */
function ofTrials(world: WhyWorld): Why | undefined {
  const { experiment } = world
  const standings = world.trials.filter(isActive).map(trial => trialWhy(world, trial))
  if (standings.length === 0) return undefined
  const running = standings.filter(({ state }) => state === 'Running')
  const first = running[0] ?? standings[0]
  const others = standings.length - 1
  if (running.length === 0)
    return { ...first, sentence: others === 0 ? first.sentence : `${first.sentence} (and ${others} more wait)` }
  const waiting = standings.length - running.length
  const progress = `${endedCount(world)} of ${experiment.spec.maxTrialCount ?? 'any number'} have ended`
  const run = `${counted(running.length, 'trial')} ${running.length === 1 ? 'runs' : 'run'}`
  return { ...first, sentence: `${run}${waiting === 0 ? '' : `, ${waiting} wait`}, ${progress}` }
}

const endedCount = ({ trials }: WhyWorld) => trials.filter(trial => !isActive(trial)).length
