/**
 * What must hold after every revision, told of each write as it is committed; of one Experiment. Names of the invariants:
 *
 *   S1  an index has one lineage of Trials, and one Job     S7  observations and the best are those of the raw rows
 *   S2  no more Trials are active than allowed              S8  a goal is reached by a finite value of a trial
 *   S3  no more Trials are made than allowed                S9  it fails exactly when its failures reach their bound
 *   S4  what was acknowledged is read                       S13 no object is too large
 *   S5  what was reported counts once                       P5  an ended Trial has a time, and no program
 *   S6  who has ended stays as it is
 *
 * Of a whole life `life-of.ts` asks S10 (a restart writes nothing), S15 (an index has the same values whatever happens), L1 (it
 * comes to the end that it must) and L4 (no Job is left). What each of them notices: `bugs-of-*.ts`.
 */
import type { Experiment, Resource, Trial } from '#api'
import type { ObservationStore } from '#store'
import { watchExperiment } from './experiment-invariants.ts'
import type { MachineRecord } from './simulated-jobs.ts'
import { watchTrials } from './trial-invariants.ts'

export interface Invariants {
  written(resource: Resource): void
  deleted(resource: Resource): void
  /** When nothing moves any more: what takes its time to become true. */
  settled(observations: ObservationStore): Promise<void>
  readonly violations: string[]
  readonly trials: ReadonlyMap<string, Trial>
  /** Of any object so far, as JSON. */
  readonly largestBytes: number
}

export type Must = (holds: boolean, sentence: string) => void

const MAX_OBJECT_BYTES = 256 * 1024

export function watchInvariants(machine: MachineRecord): Invariants {
  const violations: string[] = []
  const must: Must = (holds, sentence) => {
    if (!holds) violations.push(sentence)
  }
  const trials = watchTrials(machine, must)
  const experiment = watchExperiment(trials, must)
  let largestBytes = 0
  return {
    violations,
    trials: trials.live,
    get largestBytes() {
      return largestBytes
    },
    written(resource) {
      const bytes = JSON.stringify(resource).length
      largestBytes = Math.max(largestBytes, bytes)
      must(bytes <= MAX_OBJECT_BYTES, `S13: ${resource.kind} ${resource.metadata.name}`)
      if (resource.kind === 'Experiment') {
        trials.bounded(resource as unknown as Experiment)
        experiment.written(resource as unknown as Experiment)
      }
      if (resource.kind === 'Trial') trials.written(resource as unknown as Trial)
      if (resource.kind === 'Job') trials.jobWritten(resource)
    },
    deleted(resource) {
      if (resource.kind === 'Trial') trials.deleted(resource as unknown as Trial)
      if (resource.kind === 'Experiment') experiment.deleted()
    },
    async settled(observations) {
      experiment.settled()
      for (const [uid, reported] of machine.reported) {
        const values = (await Array.fromAsync(observations.rows(uid))).map(
          ({ attempt, value }) => `${attempt} ${value}`,
        )
        const sent = reported.map(({ attempt, value }) => `${attempt} ${value}`)
        const isKept = sent.every(row => values.includes(row))
        must(isKept, `S4: of ${uid} ${sent} was acknowledged, and ${values} is read`)
        must(!isKept || values.length === sent.length, `S5: of ${uid} ${sent} was reported, and ${values} is counted`)
      }
    },
  }
}
