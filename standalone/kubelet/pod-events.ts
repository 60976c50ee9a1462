/** What a kubelet and a scheduler say of a pod in events: its milestones, and its troubles, which no status has a place for. */
import type { EventRecorder } from '../event-recorder.ts'
import type { Container, Pod } from './pod-types.ts'

export class PodEvents {
  readonly #recorder: EventRecorder
  readonly #nodeName: string
  /** What was said of each pod, by its uid: the same trouble comes again and again. */
  readonly #told = new Map<string, Set<string>>()

  constructor(recorder: EventRecorder, nodeName: string) {
    this.#recorder = recorder
    this.#nodeName = nodeName
  }

  scheduled(pod: Pod): void {
    const { namespace, name } = pod.metadata
    const message = `Successfully assigned ${namespace}/${name} to ${this.#nodeName}`
    this.#recorder.record({ about: pod, type: 'Normal', reason: 'Scheduled', message, by: 'default-scheduler' })
  }

  started(pod: Pod, container: Container, restartCount: number): void {
    const again = restartCount === 0 ? '' : ` again (${restartCount})`
    this.#ofContainer(pod, container, 'Normal', 'Started', `Started container ${container.name}${again}`)
  }

  killing(pod: Pod, container: Container): void {
    this.#ofContainer(pod, container, 'Normal', 'Killing', `Stopping container ${container.name}`)
  }

  /** Once for a pod, however often it is said. */
  warn(pod: Pod, container: Container, reason: string, message: string): void {
    this.#ofContainer(pod, container, 'Warning', reason, message)
  }

  forget(uid: string): void {
    this.#told.delete(uid)
  }

  #ofContainer(pod: Pod, container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { uid = '' } = pod.metadata
    const told = this.#told.get(uid) ?? new Set<string>()
    const text = `${container.name}/${reason}/${message}`
    if (told.has(text)) return
    this.#told.set(uid, told.add(text))
    const list = pod.spec.initContainers?.includes(container) ? 'initContainers' : 'containers'
    const fieldPath = `spec.${list}{${container.name}}`
    this.#recorder.record({ about: pod, type, reason, message, by: 'kubelet', fieldPath })
  }
}
