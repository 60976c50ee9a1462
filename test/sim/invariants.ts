/** What must hold after every revision (S1-S3, S6-S9, S13), told of each write as it is committed. Of one Experiment. */
import {
  controllerOf,
  type Experiment,
  INDEX_LABEL,
  isTrue,
  type Resource,
  TERMINAL_TRIAL_CONDITIONS,
  type Trial,
} from '#api'

export interface Invariants {
  written(resource: Resource): void
  deleted(resource: Resource): void
  readonly violations: string[]
  readonly trials: ReadonlyMap<string, Trial>
  /** Of any object so far, as JSON. */
  readonly largestBytes: number
}

const MAX_OBJECT_BYTES = 256 * 1024

export function watchInvariants(): Invariants {
  const violations: string[] = []
  const trials = new Map<string, Trial>()
  const ends = new Map<string, string>()
  const active = new Set<string>()
  const liveByIndex = new Map<number, number>()
  const valuesByIndex = new Map<number, string>()
  const jobs = new Set<string>()
  const runs = new Map<string, number>()
  const parallelOf = new Map<number, number>()
  let observedGeneration = 1
  let endedAtGeneration: number | undefined
  let maxTrials = 0
  let largestBytes = 0
  const must = (holds: boolean, sentence: string) => {
    if (!holds) violations.push(sentence)
  }

  function experimentWritten({ metadata, spec, status }: Experiment): void {
    parallelOf.set(metadata.generation ?? 1, spec.parallelTrialCount ?? 3)
    observedGeneration = status?.observedGeneration ?? 1
    maxTrials = Math.max(maxTrials, spec.maxTrialCount ?? Number.POSITIVE_INFINITY)
    const conditions = status?.conditions ?? []
    const ending = conditions.find(({ type, status: holds }) => type !== 'Running' && holds === 'True' && isEnd(type))
    must(!(isTrue(conditions, 'Running') && ending), 'S6: an ended Experiment runs')
    const best = status?.bestObjective
    const isReopened = endedAtGeneration !== undefined && !ending
    must(
      !isReopened || (metadata.generation ?? 1) > endedAtGeneration!,
      'S6: an ended Experiment goes on, nobody asked',
    )
    endedAtGeneration = ending ? (endedAtGeneration ?? metadata.generation ?? 1) : undefined
    if (ending?.reason === 'ExperimentGoalReached') {
      const { goal = Number.NaN, type } = spec.objective ?? { type: 'minimize' }
      const reached = best !== undefined && (type === 'maximize' ? best >= goal : best <= goal)
      must(reached, `S8: goal ${goal} is said to be reached by ${best}`)
    }
    if (ending?.type === 'Failed') {
      const failed = [...ends.values()].filter(end => end === 'Failed' || end === 'MetricsUnavailable').length
      must(failed >= (spec.maxFailedTrialCount ?? Number.POSITIVE_INFINITY), `S9: failed with ${failed} failures`)
    }
    must(best === undefined || Number.isFinite(best), `S7: ${best} is best`)
  }

  function trialWritten(trial: Trial): void {
    const uid = trial.metadata.uid as string
    const index = Number(trial.metadata.labels?.[INDEX_LABEL])
    const isBorn = !trials.has(uid)
    if (isBorn) liveByIndex.set(index, (liveByIndex.get(index) ?? 0) + 1)
    trials.set(uid, trial)
    const end = TERMINAL_TRIAL_CONDITIONS.filter(type => isTrue(trial.status?.conditions, type))
    const before = ends.get(uid)
    if (end[0]) active.delete(uid)
    else active.add(uid)
    must(end.length <= 1, `S6: ${trial.metadata.name} ended as ${end}`)
    must(before === undefined || before === end[0], `S6: ${trial.metadata.name} was ${before} and is ${end[0]}`)
    if (end[0]) {
      ends.set(uid, end[0])
      must(!isTrue(trial.status?.conditions, 'Running'), `S6: ${trial.metadata.name} is ${end[0]} and Running`)
      must(Boolean(trial.status?.completionTime), `P5: ${trial.metadata.name} ended without a time`)
    }
    if (isBorn) born(trial, index)
  }

  function born(trial: Trial, index: number): void {
    const values = JSON.stringify([trial.metadata.name, trial.spec.parameterAssignments])
    const others = liveByIndex.get(index)
    must(others === 1, `S1: index ${index} has ${others} live trials`)
    must((valuesByIndex.get(index) ?? values) === values, `S1: index ${index} is ${values}, was other`)
    valuesByIndex.set(index, values)
    must(valuesByIndex.size <= maxTrials, `S3: ${valuesByIndex.size} trials of at most ${maxTrials}`)
    const inForce = [...parallelOf].filter(([generation]) => generation >= observedGeneration)
    const bound = Math.max(...inForce.map(([, parallel]) => parallel))
    must(active.size <= bound, `S2: ${active.size} active trials, ${bound} allowed`)
  }

  function jobWritten(job: Resource): void {
    const { metadata } = job
    const owner = controllerOf(job)
    if (owner?.kind !== 'Trial' || jobs.has(metadata.uid as string)) return
    jobs.add(metadata.uid as string)
    const count = (runs.get(owner.uid) ?? 0) + 1
    runs.set(owner.uid, count)
    must(count === 1, `S1: ${metadata.name} was started ${count} times`)
    must(!ends.has(owner.uid), `S1: ${metadata.name} was started after its end`)
  }

  return {
    violations,
    trials,
    get largestBytes() {
      return largestBytes
    },
    written(resource) {
      const bytes = JSON.stringify(resource).length
      largestBytes = Math.max(largestBytes, bytes)
      must(bytes <= MAX_OBJECT_BYTES, `S13: ${resource.kind} ${resource.metadata.name}`)
      if (resource.kind === 'Experiment') experimentWritten(resource as unknown as Experiment)
      if (resource.kind === 'Trial') trialWritten(resource as unknown as Trial)
      if (resource.kind === 'Job') jobWritten(resource)
    },
    deleted(resource) {
      if (resource.kind !== 'Trial') return
      const uid = resource.metadata.uid as string
      const index = Number(resource.metadata.labels?.[INDEX_LABEL])
      liveByIndex.set(index, (liveByIndex.get(index) ?? 1) - 1)
      trials.delete(uid)
      active.delete(uid)
    },
  }
}

const isEnd = (type: string) => type === 'Succeeded' || type === 'Failed'
