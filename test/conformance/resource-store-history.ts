/**
 * Whether concurrent histories of a ResourceStore are linearisable (Herlihy and Wing 1990): every operation has one moment
 * between its call and its return at which it alone acts. Revisions give the order of writes, so the check needs no search.
 */
import { expect, test } from 'vitest'
import { type Rng, streamOf } from '#numerics'
import { Conflict, type ResourceStore } from '#store'

const CLIENTS = 8
const OPERATIONS = 60
const KEYS = ['a', 'b', 'c']

interface Operation {
  readonly key: string
  readonly called: number
  readonly returned: number
  /** Of a write: the revision it made, or undefined where it lost. */
  readonly write?: { readonly expected: string; readonly made: number | undefined; readonly isDelete: boolean }
  /** Of a read: the revision it saw, `absent` where there was nothing. */
  readonly saw?: string
}

export function resourceStoreIsLinearisable(name: string, open: () => Promise<ResourceStore>): void {
  test.each([1, 2, 3])(`${name}: a concurrent history has one order that explains it (seed %i)`, async seed => {
    await using store = await open()
    let ticks = 0
    const history: Operation[] = []
    const client = async (rng: Rng) => {
      const known = new Map<string, string>()
      for (let i = 0; i < OPERATIONS; i++) {
        const key = KEYS[rng.integer(KEYS.length)]
        const called = ticks++
        const outcome = await act(store, key, known.get(key) ?? 'absent', rng)
        known.set(key, outcome.now)
        history.push({ key, called, returned: ticks++, ...outcome })
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(streamOf(seed, 'client', i))))
    expect(explained(history)).toEqual([])
    expect(history.filter(({ write }) => write?.made !== undefined).length).toBeGreaterThan(20)
    expect(history.filter(({ write }) => write && write.made === undefined).length).toBeGreaterThan(20)
  })
}

/** One operation and what the client takes the key's revision to be afterwards. */
async function act(store: ResourceStore, name: string, expected: string, rng: Rng) {
  const ref = { group: 'core', kind: 'Pod', namespace: 'default', name }
  if (rng.integer(3) === 0) {
    const saw = (await store.get(ref))?.metadata.resourceVersion ?? 'absent'
    return { saw, now: saw }
  }
  const isDelete = expected !== 'absent' && rng.integer(4) === 0
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } }
  try {
    const stored = isDelete ? await store.delete(ref, expected) : await store.put(ref, pod, expected)
    const made = stored.metadata.resourceVersion as string
    return { write: { expected, made: Number(made), isDelete }, now: isDelete ? 'absent' : made }
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    const now = (await store.get(ref))?.metadata.resourceVersion ?? 'absent'
    return { write: { expected, made: undefined, isDelete }, now }
  }
}

/** What no order explains, in one line each. */
function explained(history: readonly Operation[]): readonly string[] {
  const wrong: string[] = []
  const writes = history
    .filter(operation => operation.write?.made !== undefined)
    .sort((a, b) => (a.write?.made ?? 0) - (b.write?.made ?? 0))
  /** The key's revision after each write to it, in order. */
  const timelines = new Map(KEYS.map(key => [key, [{ at: 0, version: 'absent' }]]))
  for (const { key, write } of writes) {
    const timeline = timelines.get(key)!
    const { expected, made, isDelete } = write as { expected: string; made: number; isDelete: boolean }
    const before = timeline.at(-1)!.version
    if (before !== expected) wrong.push(`write ${made} of ${key} expected ${expected} and met ${before}`)
    timeline.push({ at: made, version: isDelete ? 'absent' : String(made) })
  }
  for (const operation of history) {
    const earliest = Math.max(0, ...writes.filter(one => one.returned < operation.called).map(madeBy))
    const latest = Math.min(
      Number.POSITIVE_INFINITY,
      ...writes.filter(one => one.called > operation.returned).map(madeBy),
    )
    const { key, write, saw } = operation
    if (write?.made !== undefined) {
      if (write.made <= earliest || write.made >= latest) wrong.push(`write ${write.made} of ${key} is out of time`)
      continue
    }
    const versions = within(timelines.get(key)!, earliest, latest)
    const fits = saw === undefined ? versions.some(version => version !== write?.expected) : versions.includes(saw)
    if (!fits) wrong.push(`${saw === undefined ? 'a lost write' : `a read of ${saw}`} of ${key} met ${versions}`)
  }
  return wrong
}

const madeBy = ({ write }: Operation) => write?.made ?? 0

/** Revisions that a key had at some moment from `earliest` on and before `latest`. */
function within(timeline: readonly { at: number; version: string }[], earliest: number, latest: number): string[] {
  const first = timeline.findLastIndex(({ at }) => at <= earliest)
  return timeline.slice(first).flatMap(({ at, version }) => (at < latest ? [version] : []))
}
