/** Events are news: the oldest go when there are many, and all of them after an hour. */
import type { Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'
import type { ServerContext } from '../server-context.ts'
import type { ObjectChange } from '../stored-objects.ts'
import type { Housekeeping } from './housekeeping.ts'

/** Kubernetes' own default. */
const KEPT_MS = 3_600_000
const MAX_EVENTS = 10_000

interface Kept {
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string | undefined
  readonly at: number
}

/** No timer: room is made when the next event comes, so a server at rest writes nothing. */
export class EventRetention {
  readonly #context: ServerContext
  readonly #housekeeping: Housekeeping
  readonly #kind: ServedKind
  /** Oldest first. */
  readonly #events = new Map<string, Kept>()

  constructor(context: ServerContext, housekeeping: Housekeeping, kind: ServedKind) {
    this.#context = context
    this.#housekeeping = housekeeping
    this.#kind = kind
  }

  async start(): Promise<void> {
    const found: Resource[] = []
    for await (const object of this.#context.objects.all(this.#kind)) found.push(object)
    found.sort((left, right) => writtenAt(left) - writtenAt(right))
    for (const object of found) this.#keep(object)
  }

  changed({ kind, object, isGone }: ObjectChange): void {
    if (kind !== this.#kind) return
    this.#events.delete(keyOf(object))
    if (isGone) return
    this.#keep(object)
    const oldest = this.#context.clock.now().getTime() - KEPT_MS
    for (const [key, event] of this.#events) {
      if (event.at >= oldest && this.#events.size <= MAX_EVENTS) break
      this.#events.delete(key)
      this.#housekeeping.do(() => this.#drop(event))
    }
  }

  #keep(object: Resource): void {
    const { namespace, name, uid } = object.metadata
    this.#events.set(keyOf(object), { namespace, name, uid, at: writtenAt(object) })
  }

  async #drop({ namespace, name, uid }: Kept): Promise<void> {
    const current = await this.#context.objects.get(this.#kind, namespace, name)
    if (current && current.metadata.uid === uid) await this.#context.objects.remove(this.#kind, current)
  }
}

const keyOf = ({ metadata }: Resource) => `${metadata.namespace}/${metadata.name}`
const writtenAt = (event: Resource) => Date.parse(String(event.lastTimestamp ?? event.metadata.creationTimestamp)) || 0
