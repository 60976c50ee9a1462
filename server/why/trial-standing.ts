/** How one trial stands, for its user: a pure function of the Trial, its job and its pods. */
import { type Condition, type Experiment, missingMetric, type Resource, rfc3339, type Trial } from '#api'
import { phaseOf } from '../rest/trial-row.ts'
import type { Why } from './answer.ts'
import { podStanding, retryStanding } from './pod-standing.ts'
import { said } from './world.ts'

export interface TrialFacts {
  readonly trial: Trial
  /** For its deadlines. */
  readonly experiment: Experiment | undefined
  /** Undefined: there is none, or nobody looked. */
  readonly job: Resource | undefined
  /** Of this trial. */
  readonly pods: readonly Resource[]
  /** Latest warning of the job: why it makes no pod. */
  readonly warning?: string
  readonly now: Date
}

export function trialStanding(facts: TrialFacts): Why {
  const { trial } = facts
  const { name, deletionTimestamp } = trial.metadata
  const phase = phaseOf(trial)
  const about = { trial: name }
  if (phase === 'MetricsUnavailable') {
    const next = `mend it and run another trial; what it printed: \`qalam logs ${name}\``
    return { state: 'MetricsUnavailable', sentence: `trial ${name}: ${missingMetric(trial)}`, next, ...about }
  }
  const last = trial.status?.conditions?.at(-1)
  if (phase !== 'Pending' && phase !== 'Running') {
    const next =
      phase === 'Failed' ? `read what it printed: \`qalam logs ${name}\`` : `\`qalam describe ${name}\` says more`
    return { state: 'TrialEnded', sentence: `trial ${name} has ended: ${last ? said(last) : phase}`, next, ...about }
  }
  if (deletionTimestamp) {
    const next = 'wait until its processes have ended; the same values are tried again'
    return { state: 'TrialDeleting', sentence: `trial ${name} is being deleted`, next, ...about }
  }
  return active(
    facts,
    trial.status?.conditions?.find(({ type, status }) => type === 'Running' && status === 'True'),
  )
}

function active(facts: TrialFacts, running: Condition | undefined): Why {
  const { name } = facts.trial.metadata
  const message = running ? said(running) : ''
  if (running === undefined) {
    const { apiVersion = 'batch/v1', kind = 'Job' } = facts.trial.spec.runSpec ?? {}
    const next =
      kind === 'Job'
        ? 'wait for a moment; if it stays so, nobody serves it: start `qalam server`'
        : `wait for a moment; if it stays so, its API server does not have kind ${kind} of ${apiVersion}, or nobody serves it: start \`qalam server\``
    return { state: 'TrialStarting', sentence: `trial ${name} was made, and its ${kind} comes next`, next, trial: name }
  }
  switch (running.reason) {
    case 'NameTaken':
      return {
        state: 'NameTaken',
        sentence: `trial ${name} has no job: ${message}`,
        next: `delete or rename the object that has the name ${name}`,
        trial: name,
      }
    case 'WaitingForMetrics':
      return awaitingMetrics(facts, running)
    case 'StoreUnreachable':
      return {
        state: 'AwaitingMetrics',
        sentence: `trial ${name} is not over: ${message}`,
        next: 'look after the database, and `qalam store` on a cluster; once they answer the trial ends by itself',
        trial: name,
      }
    case 'Stopping':
      return {
        state: 'Stopping',
        sentence: `trial ${name} is being stopped, ${message}`,
        next: 'wait: it has its grace period to write a checkpoint',
        trial: name,
      }
    default:
      return ofPods(facts) ?? ofReason(facts.trial, running)
  }
}

/** The Running condition alone: that it runs, or why it waits, as the controller put it. */
function ofReason({ metadata: { name: trial }, spec }: Trial, { reason, message = '' }: Condition): Why {
  if (reason === 'TrialRunning' || reason === 'TrialEarlyStopped' || !reason) {
    const isForeign = spec.metricsCollector?.collector?.kind === 'Custom'
    const wire = isForeign
      ? "; its own collector reports over REST, or over Katib's wire to a server with --grpc-port"
      : ''
    return {
      state: 'Running',
      sentence: `trial ${trial} runs`,
      next: `follow it: \`qalam logs -f ${trial}\`${wire}`,
      trial,
    }
  }
  const because = message.replace(/^Trial waits: /, '')
  const next = `\`qalam describe ${trial}\` shows its events`
  return { state: 'TrialWaits', sentence: `trial ${trial} waits: ${because || reason}`, next, trial }
}

function awaitingMetrics({ trial, experiment, now }: TrialFacts, { lastUpdateTime }: Condition): Why {
  const { name } = trial.metadata
  const waitMs = (experiment?.spec.trialDeadlines?.metricsSeconds ?? DEFAULT_METRICS_SECONDS) * 1_000
  const until = new Date((lastUpdateTime ? Date.parse(lastUpdateTime) : now.getTime()) + waitMs)
  const objective = trial.spec.objective?.objectiveMetricName
  return {
    state: 'AwaitingMetrics',
    sentence: `trial ${name} has ended its work and its last values of "${objective}" are awaited until ${rfc3339(until)}`,
    next: 'wait; if the collector cannot reach the store, `qalam logs` of its container says so',
    trial: name,
  }
}

/** As the controllers have it (`spec.trialDeadlines`). */
const DEFAULT_METRICS_SECONDS = 300

function ofPods(facts: TrialFacts): Why | undefined {
  const { name } = facts.trial.metadata
  const { job, pods, warning } = facts
  if (pods.length > 0) {
    const retried = job && retryStanding(job, pods, name)
    if (retried) return retried
    const standings = pods.map(pod => podStanding(pod, name))
    if (standings.includes(undefined)) return undefined
    return standings.find(standing => standing?.state !== 'PodEnding') ?? standings[0]
  }
  if (job === undefined) return undefined
  const queue = job.metadata.labels?.[QUEUE_LABEL]
  const isSuspended = (job.spec as { suspend?: boolean } | undefined)?.suspend === true
  if (isSuspended && queue !== undefined) {
    const next = `wait, or look at the queue: \`kubectl get workloads -n ${job.metadata.namespace}\``
    return { state: 'WaitingForQueue', sentence: `trial ${name} waits in queue ${queue}`, next, trial: name }
  }
  if (isSuspended) {
    const next = `clear spec.suspend of ${job.kind} ${name}, if nothing else is to do so`
    return { state: 'JobSuspended', sentence: `trial ${name}: its ${job.kind} is suspended`, next, trial: name }
  }
  if (warning !== undefined) {
    const next = 'change the trial template, or the quota or policy that refuses its pods'
    return { state: 'PodRefused', sentence: `trial ${name}: its pod is refused: ${warning}`, next, trial: name }
  }
  const sentence = `trial ${name}: its ${job.kind} has made no pod yet`
  return {
    state: 'WaitingForPod',
    sentence,
    next: `wait; \`kubectl describe ${job.kind} ${name}\` says more`,
    trial: name,
  }
}

const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name'
