/** A pod's slots on this machine, from its turn to its end, and the note by which a later life of the server knows its GPUs. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXPERIMENT_LABEL } from '#api'
import { aborted } from '#kube'
import type { Pod } from './pod-types.ts'
import { type Claim, type Machine, Slots } from './slots.ts'

export class PodSlots {
  readonly #slots: Slots
  readonly #gpus = new Map<string, readonly string[]>()

  constructor(machine: Machine) {
    this.#slots = new Slots(machine)
  }

  /** Why the machine can never hold it. */
  refuses(claim: Claim): string | undefined {
    return this.#slots.refuses(claim)
  }

  /** What is free, for those who wait. */
  get description(): string {
    return this.#slots.description
  }

  gpusOf(pod: Pod): readonly string[] {
    return this.#gpus.get(pod.metadata.uid ?? '') ?? []
  }

  /** Resolves when the pod has its slots. A pod that ran in an earlier life of the server holds them, whoever else waits. */
  async acquire(pod: Pod, directory: string, claim: Claim, signal: AbortSignal): Promise<void> {
    const { uid = '', namespace, labels } = pod.metadata
    const note = join(directory, 'gpus')
    if (existsSync(directory)) {
      const gpus = claim.gpus > 0 && existsSync(note) ? (await readFile(note, 'utf8')).split(',') : []
      this.#slots.hold(uid, claim, gpus)
      this.#gpus.set(uid, gpus)
      return
    }
    const group = `${namespace}/${labels?.[EXPERIMENT_LABEL] ?? ''}`
    const { gpus } = await Promise.race([this.#slots.acquire(uid, group, claim), aborted(signal)])
    this.#gpus.set(uid, gpus)
    if (gpus.length === 0) return
    await mkdir(directory, { recursive: true })
    await writeFile(note, gpus.join(','))
  }

  release(uid: string): void {
    this.#gpus.delete(uid)
    this.#slots.release(uid)
  }
}
