/**
 * Lineages of population based training as Katib has them: trials that hand on checkpoints have names of their own, labels
 * that tell generation and parent, and a directory each below `<data>/<experiment>`, which a trial inherits from its parent.
 */
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GENERATION_LABEL, PARENT_LABEL } from '#suggestion'
import { Refusal } from './refusal.ts'

export interface CheckpointOptions {
  /** The volume that Katib mounts; absent: nothing is copied. */
  readonly directory?: string
  /** Eight letters or digits, different each time: names are shared by all namespaces of Katib's observation store. */
  suffix(): string
}

export interface Lineage {
  readonly trialName: string
  readonly labels: Readonly<Record<string, string>>
}

export class Checkpoints {
  readonly #options: CheckpointOptions

  constructor(options: CheckpointOptions) {
    this.#options = options
  }

  /** `undefined`: a suggestion without a generation. `nameOf`: the trial of an index. Its directory is there afterwards. */
  async prepare(
    experiment: string,
    labels: Readonly<Record<string, string>>,
    nameOf: (index: number) => string | undefined,
  ): Promise<Lineage | undefined> {
    if (labels[GENERATION_LABEL] === undefined) return undefined
    const trialName = `${experiment}-${this.#options.suffix()}`
    const parent = labels[PARENT_LABEL] === undefined ? undefined : nameOf(Number(labels[PARENT_LABEL]))
    await this.#inherit(experiment, trialName, parent)
    return { trialName, labels: parent === undefined ? {} : { [KATIB_PARENT_LABEL]: parent } }
  }

  async #inherit(experiment: string, trial: string, parent: string | undefined): Promise<void> {
    const { directory } = this.#options
    if (directory === undefined) return
    for (const name of [experiment, parent ?? trial]) refuseOddName(name)
    const own = join(directory, experiment, trial)
    await mkdir(own, { recursive: true })
    if (parent === undefined) return
    await cp(join(directory, experiment, parent), own, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      // The parent has written nothing: its child begins from nothing.
      if (cause.code !== 'ENOENT') throw cause
    })
  }
}

const KATIB_PARENT_LABEL = 'pbt.suggestion.katib.kubeflow.org/parent'

/** Names become directories. */
function refuseOddName(name: string): void {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return
  throw new Refusal('INVALID_ARGUMENT', `expected a Kubernetes name, got "${name}"`)
}
