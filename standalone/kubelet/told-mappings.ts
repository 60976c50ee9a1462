/** Says where the paths of a manifest lie on this machine, once for what an experiment's containers have in common. */
import { EXPERIMENT_LABEL, TRIAL_LABEL } from '#api'
import type { Container, Pod } from './pod-types.ts'

export class ToldMappings {
  readonly #told = new Set<string>()
  readonly #log: (line: string) => void

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  /** `mapped`: `path -> path`. The pod's own directory and the trial's name are left out. */
  tell(pod: Pod, podDirectory: string, container: Container, mapped: readonly string[]): void {
    const group = pod.metadata.labels?.[EXPERIMENT_LABEL] ?? pod.metadata.name
    const trial = pod.metadata.labels?.[TRIAL_LABEL] ?? pod.metadata.name
    const lines = mapped.map(line => line.replace(podDirectory, '<trial>').replaceAll(`/${trial}`, '/<trial>'))
    const key = `${group}/${container.name}/${lines.join()}`
    if (lines.length === 0 || this.#told.has(key)) return
    this.#told.add(key)
    this.#log(`${group}: container ${container.name} finds ${lines.join(', ')}`)
  }
}
