/** A change log that forgets everything with the process: for tests, and the smallest answer to the contract. */
import { type Change, type ChangeLog, objectKey, type Page, type Step } from './change.ts'
import { pageOf } from './current-objects.ts'

/** An empty store stands at revision 1, as etcd's does: 0 means "any" to Kubernetes. */
export const FIRST_REVISION = 1

export class MemoryChangeLog implements ChangeLog {
  #changes: Change[] = []

  async load() {
    return { head: FIRST_REVISION, compacted: 0 }
  }

  async append(changes: readonly Change[]): Promise<void> {
    this.#changes.push(...changes)
  }

  async read(kind: string, after: number, upTo: number, limit: number): Promise<readonly Step[]> {
    return this.#changes
      .filter(change => change.kind === kind && change.revision > after && change.revision <= upTo)
      .slice(0, limit)
      .map(change => (change.type === 'MODIFIED' ? { change, old: this.#before(change) } : { change }))
  }

  #before({ kind, namespace, name, revision }: Change): Change | undefined {
    return this.#changes.findLast(
      other => other.revision < revision && other.name === name && other.namespace === namespace && other.kind === kind,
    )
  }

  async readAt(kind: string, revision: number, page: Page) {
    const state = new Map<string, Change>()
    for (const change of this.#changes) {
      if (change.kind !== kind || change.revision > revision) continue
      if (change.type === 'DELETED') state.delete(objectKey(change))
      else state.set(objectKey(change), change)
    }
    const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change)
    return pageOf(sorted, page)
  }

  async compact(before: number): Promise<void> {
    const newest = new Map<string, Change>()
    for (const change of this.#changes) {
      if (change.revision <= before) newest.set(`${change.kind}\0${objectKey(change)}`, change)
    }
    this.#changes = this.#changes.filter(
      change =>
        change.revision >= before ||
        (change.type !== 'DELETED' && newest.get(`${change.kind}\0${objectKey(change)}`) === change),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
