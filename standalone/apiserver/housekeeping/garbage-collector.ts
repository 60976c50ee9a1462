/**
 * Owners and dependents: what is left without an owner goes, what is deleted in the foreground waits for its dependents.
 *
 * Every change passes by here, so an owner is alive exactly if its UID is in the index; nothing is read to find out.
 */
import type { Resource } from '#api'
import { deleteObject, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type Propagation } from '../delete.ts'
import type { ServedKind } from '../kinds/served-kind.ts'
import type { ServerContext } from '../server-context.ts'
import type { ObjectChange } from '../stored-objects.ts'
import { updateObject } from '../write.ts'
import type { Housekeeping } from './housekeeping.ts'

interface Known {
  readonly kind: ServedKind
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  readonly owners: NonNullable<Resource['metadata']['ownerReferences']>
}

export class GarbageCollector {
  readonly #context: ServerContext
  readonly #housekeeping: Housekeeping
  readonly #alive = new Map<string, Known>()
  readonly #dependents = new Map<string, Set<string>>()
  /** Owners whose deletion waits for something this collector does. */
  readonly #waiting = new Set<string>()

  constructor(context: ServerContext, housekeeping: Housekeeping) {
    this.#context = context
    this.#housekeeping = housekeeping
  }

  /** Learns what is there and picks up what a crash left undone. */
  async start(): Promise<void> {
    const found: { kind: ServedKind; object: Resource }[] = []
    for (const kind of this.#context.kinds.all()) {
      for await (const object of this.#context.objects.all(kind)) {
        this.#learn(kind, object)
        if (object.metadata.ownerReferences?.length || object.metadata.deletionTimestamp) found.push({ kind, object })
      }
    }
    for (const { kind, object } of found) this.#consider(kind, object)
  }

  changed({ kind, object, isGone }: ObjectChange): void {
    if (!isGone) {
      this.#learn(kind, object)
      this.#consider(kind, object)
      return
    }
    const uid = object.metadata.uid ?? ''
    const known = this.#alive.get(uid)
    this.#forget(uid)
    for (const dependent of this.#dependentsOf(uid)) this.#judge(dependent)
    for (const owner of known?.owners ?? []) if (this.#waiting.has(owner.uid)) this.#finish(owner.uid)
  }

  #learn(kind: ServedKind, { metadata }: Resource): void {
    const uid = metadata.uid ?? ''
    for (const owner of this.#alive.get(uid)?.owners ?? []) this.#dependents.get(owner.uid)?.delete(uid)
    const owners = metadata.ownerReferences ?? []
    this.#alive.set(uid, { kind, namespace: metadata.namespace, name: metadata.name, uid, owners })
    for (const owner of owners) {
      const set = this.#dependents.get(owner.uid) ?? new Set()
      this.#dependents.set(owner.uid, set.add(uid))
    }
  }

  #forget(uid: string): void {
    for (const owner of this.#alive.get(uid)?.owners ?? []) {
      const set = this.#dependents.get(owner.uid)
      set?.delete(uid)
      if (set?.size === 0) this.#dependents.delete(owner.uid)
    }
    this.#alive.delete(uid)
    this.#waiting.delete(uid)
  }

  #dependentsOf(uid: string): Known[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap(one => this.#alive.get(one) ?? [])
  }

  #consider(kind: ServedKind, object: Resource): void {
    const { uid = '', finalizers, deletionTimestamp, ownerReferences } = object.metadata
    const self = this.#alive.get(uid)
    if (ownerReferences?.length && self) {
      this.#judge(self)
      const isLate = !deletionTimestamp && ownerReferences.some(owner => this.#waiting.has(owner.uid))
      if (isLate) this.#housekeeping.do(() => this.#delete(self, 'Background'))
    }
    if (!deletionTimestamp) return
    if (finalizers?.includes(ORPHAN_FINALIZER)) this.#housekeeping.do(() => this.#orphan(kind, object))
    else if (finalizers?.includes(FOREGROUND_FINALIZER) && !this.#waiting.has(uid)) {
      this.#waiting.add(uid)
      for (const dependent of this.#dependentsOf(uid)) {
        const blocks = dependent.owners.some(owner => owner.uid === uid && owner.blockOwnerDeletion === true)
        this.#housekeeping.do(() => this.#delete(dependent, blocks ? 'Foreground' : 'Background'))
      }
      this.#finish(uid)
    }
  }

  /** Deletes a dependent whose owners are all gone. */
  #judge(dependent: Known): void {
    if (dependent.owners.length === 0 || dependent.owners.some(owner => this.#alive.has(owner.uid))) return
    this.#housekeeping.do(async () => {
      const now = this.#alive.get(dependent.uid)
      if (!now || now.owners.length === 0 || now.owners.some(owner => this.#alive.has(owner.uid))) return
      await this.#delete(now, 'Background')
    })
  }

  /** Lets an owner go when no dependent that blocks it is left. */
  #finish(uid: string): void {
    this.#housekeeping.do(async () => {
      const owner = this.#alive.get(uid)
      const blocked = this.#dependentsOf(uid).some(one =>
        one.owners.some(by => by.uid === uid && by.blockOwnerDeletion === true),
      )
      if (owner && !blocked) await this.#removeFinalizer(owner, FOREGROUND_FINALIZER)
    })
  }

  async #orphan(kind: ServedKind, { metadata }: Resource): Promise<void> {
    const uid = metadata.uid ?? ''
    for (const dependent of this.#dependentsOf(uid)) {
      await this.#edit(dependent, ({ ownerReferences, ...rest }) => ({
        ...rest,
        ownerReferences: ownerReferences?.filter(owner => owner.uid !== uid) ?? [],
      }))
    }
    const { namespace, name } = metadata
    await this.#removeFinalizer({ kind, namespace, name, uid, owners: [] }, ORPHAN_FINALIZER)
  }

  #removeFinalizer(owner: Known, finalizer: string): Promise<void> {
    return this.#edit(owner, metadata => ({
      ...metadata,
      finalizers: metadata.finalizers?.filter(one => one !== finalizer) ?? [],
    }))
  }

  async #edit(
    { kind, namespace, name, uid }: Known,
    change: (metadata: Resource['metadata']) => Resource['metadata'],
  ): Promise<void> {
    const edit = (current: Resource) =>
      current.metadata.uid === uid ? { ...current, metadata: change(current.metadata) } : current
    const options = { dryRun: false, manager: 'garbage-collector', validation: 'Ignore', warnings: [] } as const
    await updateObject(this.#context, kind, namespace, name, edit, { ...options, warnings: [] })
  }

  async #delete({ kind, namespace, name, uid }: Known, propagation: Propagation): Promise<void> {
    await deleteObject(this.#context, kind, namespace, name, { propagation, uid, dryRun: false })
  }
}
