/** A namespace that is being deleted: its contents go first. */
import type { Resource } from '#api'
import { deleteObject } from '../delete.ts'
import type { ServedKind } from '../kinds/served-kind.ts'
import type { ServerContext } from '../server-context.ts'
import type { ObjectChange } from '../stored-objects.ts'
import type { Housekeeping } from './housekeeping.ts'

export class NamespaceDeletion {
  readonly #context: ServerContext
  readonly #housekeeping: Housekeeping
  readonly #ending = new Set<string>()

  constructor(context: ServerContext, housekeeping: Housekeeping) {
    this.#context = context
    this.#housekeeping = housekeeping
  }

  /** Goes on with what a crash interrupted. */
  async start(): Promise<void> {
    const kind = this.#kind()
    for await (const object of this.#context.objects.all(kind)) this.changed({ kind, object, isGone: false })
  }

  changed({ kind, object, isGone }: ObjectChange): void {
    if (kind.group === '' && kind.kind === 'Namespace') {
      if (isGone) this.#ending.delete(object.metadata.name)
      else if (object.metadata.deletionTimestamp && !this.#ending.has(object.metadata.name)) {
        this.#ending.add(object.metadata.name)
        this.#housekeeping.do(() => this.#empty(object.metadata.name))
      }
      return
    }
    const { namespace } = object.metadata
    if (isGone && namespace !== undefined && this.#ending.has(namespace)) {
      this.#housekeeping.do(() => this.#finish(namespace))
    }
  }

  async #empty(namespace: string): Promise<void> {
    for (const kind of this.#contents()) {
      for await (const { metadata } of this.#context.objects.all(kind, namespace)) {
        const options = { propagation: 'Background', uid: metadata.uid, dryRun: false } as const
        this.#housekeeping.do(() => deleteObject(this.#context, kind, namespace, metadata.name, options))
      }
    }
    this.#housekeeping.do(() => this.#finish(namespace))
  }

  async #finish(namespace: string): Promise<void> {
    for (const kind of this.#contents()) {
      const { items } = await this.#context.objects.store.list(
        { group: kind.group || 'core', kind: kind.kind },
        { namespace, limit: 1 },
      )
      if (items.length > 0) return
    }
    const kind = this.#kind()
    const current = await this.#context.objects.get(kind, undefined, namespace)
    if (!current?.metadata.deletionTimestamp) return
    const emptied: Resource = { ...current, spec: { ...(current.spec as object), finalizers: [] } }
    if ((current.metadata.finalizers ?? []).length > 0) await this.#context.objects.put(kind, emptied, current)
    else await this.#context.objects.remove(kind, current)
  }

  #contents(): ServedKind[] {
    return this.#context.kinds.all().filter(kind => kind.namespaced)
  }

  #kind(): ServedKind {
    const kind = this.#context.kinds.at('', 'v1', 'namespaces')
    if (!kind) throw new Error('the kind Namespace is always served')
    return kind
  }
}
