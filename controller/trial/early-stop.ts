/** Asks the early-stopping rule about a running trial; the controller alone sees its peers. */
import type { Experiment, Trial } from '#api'
import { type Decision, decide, type TrialCurve } from '#earlystop'
import type { ObservationStore } from '#store'
import { isTerminal, phaseOf } from '../trial-state.ts'

const POINTS = 1_000

/** Curves of ended trials are read once; they never change. */
export class Curves {
  readonly #observations: ObservationStore
  readonly #ended = new Map<string, Promise<TrialCurve>>()

  constructor(observations: ObservationStore) {
    this.#observations = observations
  }

  of(trial: Trial, experiment: Experiment): Promise<TrialCurve> {
    const uid = trial.metadata.uid ?? ''
    if (!isTerminal(trial)) return this.#read(trial, experiment)
    const known = this.#ended.get(uid) ?? this.#read(trial, experiment)
    this.#ended.set(uid, known)
    known.catch(() => this.#ended.delete(uid))
    return known
  }

  forget(uid: string): void {
    this.#ended.delete(uid)
  }

  /** Losses: what is maximised is turned round. */
  async #read(trial: Trial, { spec }: Experiment): Promise<TrialCurve> {
    const sign = spec.objective?.type === 'maximize' ? -1 : 1
    const { steps, values } = await this.#observations.curve(
      trial.metadata.uid ?? '',
      spec.objective?.objectiveMetricName ?? '',
      POINTS,
    )
    return {
      trial: trial.metadata.name,
      ended: phaseOf(trial) === 'Succeeded',
      steps,
      losses: values.map(value => sign * value),
    }
  }
}

/** Trials that ran to their end count as ended; those that were stopped or still run are peers as far as they got. */
export async function earlyStop(
  trial: Trial,
  experiment: Experiment,
  all: Iterable<Trial>,
  curves: Curves,
): Promise<Decision> {
  const { earlyStopping } = experiment.spec
  if (!earlyStopping) return { stop: false }
  const peers = [...all].filter(peer => peer.metadata.uid !== trial.metadata.uid && phaseOf(peer) !== 'Pending')
  const [own, ...others] = await Promise.all([trial, ...peers].map(peer => curves.of(peer, experiment)))
  const ordered = others.toSorted((a, b) => Number(b.ended) - Number(a.ended))
  return decide(earlyStopping, own, ordered, experiment.spec.objective?.type === 'maximize' ? -1 : 1)
}
