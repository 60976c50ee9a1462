/** What must hold of Trials and their Jobs: S1, S2, S3, S6, P5, and the observations of S7. */
import { isDeepStrictEqual } from 'node:util'
import {
  controllerOf,
  type Experiment,
  INDEX_LABEL,
  isTrue,
  type Resource,
  TERMINAL_TRIAL_CONDITIONS,
  type Trial,
} from '#api'
import type { Must } from './invariants.ts'
import { type EndedTrial, type Observed, observedFrom } from './objective-oracle.ts'
import type { MachineRecord } from './simulated-jobs.ts'

export interface WatchedTrials {
  readonly live: ReadonlyMap<string, Trial>
  /** How each ended, by UID, deleted ones included. */
  readonly ends: ReadonlyMap<string, string>
  /** The ended ones that are there, with what their machine says. */
  ended(): readonly EndedTrial[]
  /** True from the first deletion on: the best one may be gone. */
  readonly anyDeleted: boolean
  bounded(experiment: Experiment): void
  written(trial: Trial): void
  deleted(trial: Trial): void
  jobWritten(job: Resource): void
}

export function watchTrials(machine: MachineRecord, must: Must): WatchedTrials {
  const live = new Map<string, Trial>()
  const ends = new Map<string, string>()
  const observed = new Map<string, Observed | undefined>()
  const active = new Set<string>()
  const liveByIndex = new Map<number, number>()
  const valuesByIndex = new Map<number, string>()
  const jobs = new Set<string>()
  const runs = new Map<string, number>()
  const parallelOf = new Map<number, number>()
  let observedGeneration = 1
  let maxTrials = 0
  let anyDeleted = false
  const indexOf = ({ metadata }: Trial) => Number(metadata.labels?.[INDEX_LABEL])

  function born(trial: Trial): void {
    const index = indexOf(trial)
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

  function hasEnded(trial: Trial, end: string): void {
    const uid = trial.metadata.uid as string
    const { name } = trial.metadata
    ends.set(uid, end)
    must(!isTrue(trial.status?.conditions, 'Running'), `S6: ${name} is ${end} and Running`)
    must(Boolean(trial.status?.completionTime), `P5: ${name} ended without a time`)
    must(!machine.running.has(uid), `P5: ${name} is ${end} and its program runs`)
    const metric = trial.status?.observation?.metrics?.find(({ name }) => name === 'loss')
    const said = metric && { min: metric.min, max: metric.max, latest: metric.latest }
    const reported = machine.reported.get(uid) ?? []
    // Whoever is stopped may report on while that is written; who has ended well has said all.
    const from = end === 'Succeeded' ? reported.length : 0
    const truths = Array.from({ length: reported.length + 1 - from }, (_, i) =>
      observedFrom(reported.slice(0, from + i)),
    )
    must(
      truths.some(truth => isDeepStrictEqual(truth, said)),
      `S7: ${name} observed ${JSON.stringify(said)}, it reported ${JSON.stringify(reported)}`,
    )
    observed.set(uid, said && truths.findLast(truth => isDeepStrictEqual(truth, said)))
  }

  return {
    live,
    ends,
    get anyDeleted() {
      return anyDeleted
    },
    ended: () =>
      [...live]
        .filter(([uid]) => ends.has(uid))
        .map(([uid, { metadata, status }]) => ({
          name: metadata.name,
          completionTime: status?.completionTime ?? '',
          observed: observed.get(uid),
        })),
    bounded({ metadata, spec, status }) {
      parallelOf.set(metadata.generation ?? 1, spec.parallelTrialCount ?? 3)
      observedGeneration = status?.observedGeneration ?? 1
      maxTrials = Math.max(maxTrials, spec.maxTrialCount ?? Number.POSITIVE_INFINITY)
    },
    written(trial) {
      const uid = trial.metadata.uid as string
      const isBorn = !live.has(uid)
      if (isBorn) liveByIndex.set(indexOf(trial), (liveByIndex.get(indexOf(trial)) ?? 0) + 1)
      live.set(uid, trial)
      const [end, ...more] = TERMINAL_TRIAL_CONDITIONS.filter(type => isTrue(trial.status?.conditions, type))
      const before = ends.get(uid)
      if (end) active.delete(uid)
      else active.add(uid)
      must(more.length === 0, `S6: ${trial.metadata.name} ended as ${[end, ...more]}`)
      must(before === undefined || before === end, `S6: ${trial.metadata.name} was ${before} and is ${end}`)
      if (end && before === undefined) hasEnded(trial, end)
      if (isBorn) born(trial)
    },
    deleted(trial) {
      const uid = trial.metadata.uid as string
      liveByIndex.set(indexOf(trial), (liveByIndex.get(indexOf(trial)) ?? 1) - 1)
      live.delete(uid)
      active.delete(uid)
      anyDeleted = true
    },
    jobWritten(job) {
      const { metadata } = job
      const owner = controllerOf(job)
      if (owner?.kind !== 'Trial' || jobs.has(metadata.uid as string)) return
      jobs.add(metadata.uid as string)
      const count = (runs.get(owner.uid) ?? 0) + 1
      runs.set(owner.uid, count)
      must(count === 1, `S1: ${metadata.name} was started ${count} times`)
      must(!ends.has(owner.uid), `S1: ${metadata.name} was started after its end`)
    },
  }
}
