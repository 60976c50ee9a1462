/** A CustomResourceDefinition that is being deleted: its objects go first. */
import type { Resource } from '#api'
import { deleteObject } from '../delete.ts'
import type { ServedKind } from '../kinds/served-kind.ts'
import { CLEANUP_FINALIZER, kindsOf } from '../kinds/served-kinds.ts'
import type { ServerContext } from '../server-context.ts'
import type { ObjectChange } from '../stored-objects.ts'
import { updateObject } from '../write.ts'
import type { Housekeeping } from './housekeeping.ts'

export class DefinitionDeletion {
  readonly #context: ServerContext
  readonly #housekeeping: Housekeeping
  readonly #kind: ServedKind
  /** Definitions that end, by the group and kind of their objects. */
  readonly #ending = new Map<string, Resource>()

  constructor(context: ServerContext, housekeeping: Housekeeping, kind: ServedKind) {
    this.#context = context
    this.#housekeeping = housekeeping
    this.#kind = kind
  }

  /** Goes on with what a crash interrupted. */
  async start(): Promise<void> {
    for await (const object of this.#context.objects.all(this.#kind))
      this.changed({ kind: this.#kind, object, isGone: false })
  }

  changed({ kind, object, isGone }: ObjectChange): void {
    if (kind === this.#kind) {
      const [served] = kindsOf(object)
      if (!served) return
      if (isGone) this.#ending.delete(keyOf(served))
      else if (object.metadata.deletionTimestamp && !this.#ending.has(keyOf(served))) {
        this.#ending.set(keyOf(served), object)
        this.#housekeeping.do(() => this.#empty(served))
      }
    } else if (isGone && this.#ending.has(keyOf(kind))) this.#housekeeping.do(() => this.#finish(kind))
  }

  async #empty(served: ServedKind): Promise<void> {
    for await (const { metadata } of this.#context.objects.all(served)) {
      const options = { propagation: 'Background', uid: metadata.uid, dryRun: false } as const
      this.#housekeeping.do(() => deleteObject(this.#context, served, metadata.namespace, metadata.name, options))
    }
    this.#housekeeping.do(() => this.#finish(served))
  }

  async #finish(served: ServedKind): Promise<void> {
    const definition = this.#ending.get(keyOf(served))
    for await (const _left of this.#context.objects.all(served)) return
    if (!definition) return
    const edit = (current: Resource) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter(one => one !== CLEANUP_FINALIZER),
      },
    })
    const options = { dryRun: false, manager: 'qalam', validation: 'Ignore' } as const
    await updateObject(this.#context, this.#kind, undefined, definition.metadata.name, edit, {
      ...options,
      warnings: [],
    })
  }
}

const keyOf = ({ group, kind }: ServedKind) => `${group}/${kind}`
