/** What every ResourceStore owes. An implementation hands in how one is opened, empty. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Resource } from '#api'
import { Compacted, Conflict, type ResourceStore, type StoredRef, type WatchEvent } from '#store'

const PODS = { group: 'core', kind: 'Pod' }
const TRIALS = { group: 'kubeflow.org', kind: 'Trial' }

const pod = (name: string, namespace = 'default'): StoredRef => ({ ...PODS, namespace, name })
const trial = (name: string): StoredRef => ({ ...TRIALS, namespace: 'default', name })

function object(ref: StoredRef, spec: unknown = {}): Resource {
  return { apiVersion: 'v1', kind: ref.kind, metadata: { name: ref.name, namespace: ref.namespace }, spec }
}

const versionOf = (resource: Resource) => resource.metadata.resourceVersion as string

export function resourceStoreOwes(name: string, open: () => Promise<ResourceStore>): void {
  describe(name, () => {
    const opened: ResourceStore[] = []
    const aStore = async () => {
      const store = await open()
      opened.push(store)
      return store
    }
    afterEach(async () => {
      for (const store of opened.splice(0)) await store[Symbol.asyncDispose]()
    })

    test('an empty store stands at revision 1 and lists nothing', async () => {
      const store = await aStore()
      expect(await store.revision()).toBe('1')
      expect(await store.list(PODS)).toEqual({ items: [], resourceVersion: '1' })
      expect(await store.get(pod('a'))).toBeUndefined()
    })

    test('what was put is read back with its revision', async () => {
      const store = await aStore()
      const stored = await store.put(pod('a'), object(pod('a'), { x: 1 }), 'absent')
      expect(versionOf(stored)).toBe('2')
      expect(await store.get(pod('a'))).toEqual(stored)
      expect(await store.revision()).toBe('2')
      expect(await store.get(pod('a', 'other'))).toBeUndefined()
      expect(await store.get(trial('a'))).toBeUndefined()
    })

    test('a put or delete that expects another revision than the current one changes nothing', async () => {
      const store = await aStore()
      const first = await store.put(pod('a'), object(pod('a')), 'absent')
      const second = await store.put(pod('a'), first, versionOf(first))
      for (const lost of [
        store.put(pod('a'), first, 'absent'),
        store.put(pod('a'), first, versionOf(first)),
        store.put(pod('missing'), first, versionOf(first)),
        store.delete(pod('a'), versionOf(first)),
        store.delete(pod('missing'), versionOf(first)),
      ]) {
        await expect(lost).rejects.toThrow(Conflict)
      }
      expect(await store.get(pod('a'))).toEqual(second)
      expect(await store.revision()).toBe(versionOf(second))
    })

    test('of 64 writers that expect the same revision one wins', async () => {
      const store = await aStore()
      const first = await store.put(pod('a'), object(pod('a')), 'absent')
      const outcomes = await Promise.allSettled(
        Array.from({ length: 64 }, (_, i) => store.put(pod('a'), object(pod('a'), { i }), versionOf(first))),
      )
      const won = outcomes.filter(outcome => outcome.status === 'fulfilled')
      expect(won.length).toBe(1)
      expect(await store.get(pod('a'))).toEqual(won[0].value)
    })

    test('writers that arrive together all become durable, each with a revision of its own, without gaps', async () => {
      const store = await aStore()
      const stored = await Promise.all(
        Array.from({ length: 300 }, (_, i) => store.put(pod(`p${i}`), object(pod(`p${i}`)), 'absent')),
      )
      const revisions = stored.map(one => Number(versionOf(one))).sort((a, b) => a - b)
      expect(revisions).toEqual(Array.from({ length: 300 }, (_, i) => i + 2))
      expect((await store.list(PODS)).items.length).toBe(300)
    })

    test('a name that is deleted and created in the same moment is first gone, then new', async () => {
      const store = await aStore()
      const first = await store.put(pod('a'), object(pod('a'), 'old'), 'absent')
      const [gone, made] = await Promise.all([
        store.delete(pod('a'), versionOf(first)),
        store.put(pod('a'), object(pod('a'), 'new'), 'absent'),
      ])
      expect(gone.spec).toBe('old')
      expect(Number(versionOf(made))).toBeGreaterThan(Number(versionOf(gone)))
      expect(await store.get(pod('a'))).toEqual(made)
    })

    test('key order, 64-bit integers and every character survive', async () => {
      const store = await aStore()
      const spec = JSON.parse('{"z":1,"a":{"nul":"\\u0000","quote":"\\"\\\\{}","smile":"😀","1":2}}')
      const exact = { ...spec, count: JSON.rawJSON('9007199254740993') }
      const stored = await store.put(pod('a'), object(pod('a'), exact), 'absent')
      const read = await store.get(pod('a'))
      expect(JSON.stringify(read)).toBe(JSON.stringify(stored))
      expect(JSON.stringify(read?.spec)).toBe(
        '{"z":1,"a":{"1":2,"nul":"\\u0000","quote":"\\"\\\\{}","smile":"😀"},"count":9007199254740993}',
      )
    })

    test('what was read is shared, so nobody can change it', async () => {
      const store = await aStore()
      await store.put(pod('a'), object(pod('a'), { x: 1 }), 'absent')
      const read = (await store.get(pod('a'))) as { spec: { x: number } } & Resource
      expect(() => {
        read.spec.x = 2
      }).toThrow(TypeError)
      expect((await store.list(PODS)).items[0]).toBe(read)
    })

    test('a list is sorted by namespace and name and may be of one namespace', async () => {
      const store = await aStore()
      for (const [name, namespace] of [
        ['b', 'n-1'],
        ['a', 'n-1'],
        ['c', 'n'],
        ['a', 'n1'],
      ]) {
        await store.put(pod(name, namespace), object(pod(name, namespace)), 'absent')
      }
      await store.put(trial('t'), object(trial('t')), 'absent')
      const places = async (namespace?: string) =>
        (await store.list(PODS, { namespace })).items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
      expect(await places()).toEqual(['n/c', 'n-1/a', 'n-1/b', 'n1/a'])
      expect(await places('n-1')).toEqual(['n-1/a', 'n-1/b'])
    })

    test('the pages of a list show one moment, whatever is written between them', async () => {
      const store = await aStore()
      const stored = new Map<string, Resource>()
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        stored.set(name, await store.put(pod(name), object(pod(name), 'old'), 'absent'))
      }
      const first = await store.list(PODS, { limit: 2 })
      expect(first.remaining).toBe(3)
      await store.put(pod('c'), object(pod('c'), 'new'), versionOf(stored.get('c') as Resource))
      await store.delete(pod('d'), versionOf(stored.get('d') as Resource))
      await store.put(pod('bb'), object(pod('bb')), 'absent')
      const second = await store.list(PODS, { limit: 2, continue: first.continue })
      const third = await store.list(PODS, { limit: 2, continue: second.continue })
      expect([...first.items, ...second.items, ...third.items]).toEqual([...stored.values()])
      expect([second.resourceVersion, third.resourceVersion]).toEqual([first.resourceVersion, first.resourceVersion])
      expect([second.remaining, third.continue]).toEqual([1, undefined])
      await expect(store.list(PODS, { continue: 'nonsense' })).rejects.toThrow(Compacted)
    })

    test('a watch tells every change of its kind after its revision, in order, with what was before', async () => {
      const store = await aStore()
      const a = await store.put(pod('a'), object(pod('a'), 1), 'absent')
      await store.put(trial('t'), object(trial('t')), 'absent')
      const b = await store.put(pod('a'), object(pod('a'), 2), versionOf(a))
      const gone = await store.delete(pod('a'), versionOf(b))
      const expected = [
        { type: 'ADDED', object: a, resourceVersion: '2' },
        { type: 'MODIFIED', object: b, old: a, resourceVersion: '4' },
        { type: 'DELETED', object: gone, resourceVersion: '5' },
      ]
      expect(gone).toEqual({ ...b, metadata: { ...b.metadata, resourceVersion: '5' } })
      expect(await take(store, '1', 3)).toEqual(expected)
      expect(await take(store, '2', 2)).toEqual(expected.slice(1))
    })

    test('a watch hears what is written while it waits, and ends when its signal aborts', async () => {
      const store = await aStore()
      const ended = new AbortController()
      const heard: string[] = []
      const watching = (async () => {
        for await (const event of store.watch(PODS, '1', ended.signal)) {
          heard.push(event.resourceVersion)
          if (heard.length === 20) ended.abort()
        }
      })()
      for (let i = 0; i < 10; i++) await store.put(pod(`p${i}`), object(pod(`p${i}`)), 'absent')
      await Promise.all(Array.from({ length: 10 }, (_, i) => store.put(pod(`q${i}`), object(pod(`q${i}`)), 'absent')))
      await watching
      expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 2)))
      const silent = new AbortController()
      const waiting = take(store, await store.revision(), 1, silent.signal)
      silent.abort()
      expect(await waiting).toEqual([])
    })

    test('a watch resumes in a history far longer than memory keeps, without a gap', async () => {
      const store = await aStore()
      const count = 3_000
      await Promise.all(
        Array.from({ length: count }, (_, i) => store.put(pod(`p${i}`), object(pod(`p${i}`)), 'absent')),
      )
      const events = await take(store, '1', count)
      expect(events.map(event => Number(event.resourceVersion))).toEqual(Array.from({ length: count }, (_, i) => i + 2))
    })

    test('a watcher of a quiet kind is told by a bookmark how far it has come', async () => {
      const store = await aStore()
      const told = take(store, '1', 1, undefined, TRIALS)
      await Promise.all(
        Array.from({ length: 1_500 }, (_, i) => store.put(pod(`p${i}`), object(pod(`p${i}`)), 'absent')),
      )
      const [bookmark] = await told
      expect(bookmark.type).toBe('BOOKMARK')
      expect(Number(bookmark.resourceVersion)).toBeGreaterThanOrEqual(1_000)
      expect(await take(store, bookmark.resourceVersion, 0, AbortSignal.abort(), TRIALS)).toEqual([])
    })

    test('compaction forgets history and nothing else', async () => {
      const store = await aStore()
      let a = await store.put(pod('a'), object(pod('a'), 0), 'absent')
      const kept = await store.put(pod('kept'), object(pod('kept')), 'absent')
      const gone = await store.put(pod('gone'), object(pod('gone')), 'absent')
      const early = await store.list(PODS, { limit: 1 })
      await store.delete(pod('gone'), versionOf(gone))
      for (let i = 1; i <= 5; i++) a = await store.put(pod('a'), object(pod('a'), i), versionOf(a))
      const before = await store.revision()
      const last = await store.put(pod('last'), object(pod('last')), 'absent')
      await store.compact(before)
      await expect(take(store, '1', 1)).rejects.toThrow(Compacted)
      await expect(take(store, String(Number(before) - 1), 1)).rejects.toThrow(Compacted)
      await expect(store.list(PODS, { continue: early.continue })).rejects.toThrow(Compacted)
      expect(await take(store, before, 1)).toEqual([{ type: 'ADDED', object: last, resourceVersion: versionOf(last) }])
      expect((await store.list(PODS)).items).toEqual([a, kept, last])
      await store.compact('2')
      await store.compact(String(Number(await store.revision()) + 100))
      expect(await store.revision()).toBe(versionOf(last))
      expect(versionOf(await store.put(pod('next'), object(pod('next')), 'absent'))).toBe(
        String(Number(versionOf(last)) + 1),
      )
    })

    test.each([1, 2, 3])('whatever 16 writers do, a watch tells exactly what became of it (seed %i)', async seed => {
      const store = await aStore()
      const random = mulberry32(seed)
      const outcomes = new Map<number, string>()
      const write = async () => {
        for (let i = 0; i < 40; i++) {
          const ref = pod(`p${Math.floor(random() * 8)}`)
          const current = await store.get(ref)
          const expected = current ? versionOf(current) : 'absent'
          const deletes = current !== undefined && random() < 0.3
          try {
            const stored = deletes
              ? await store.delete(ref, expected)
              : await store.put(ref, object(ref, random()), expected)
            outcomes.set(
              Number(versionOf(stored)),
              `${deletes ? 'DELETED' : current ? 'MODIFIED' : 'ADDED'} ${ref.name}`,
            )
          } catch (reason) {
            expect(reason).toBeInstanceOf(Conflict)
          }
        }
      }
      await Promise.all(Array.from({ length: 16 }, write))
      const count = Number(await store.revision()) - 1
      const events = await take(store, '1', count)
      expect(events.map(nameOf)).toEqual([...outcomes].sort(([a], [b]) => a - b).map(([, what]) => what))
      const resumed = await take(store, String(Math.floor(count / 2)), count + 1 - Math.floor(count / 2))
      expect(resumed).toEqual(events.slice(-resumed.length))
      expect((await store.list(PODS)).items).toEqual(replay(events))
    })
  })
}

async function take(
  store: ResourceStore,
  since: string,
  count: number,
  signal: AbortSignal = new AbortController().signal,
  kind = PODS,
): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  for await (const event of store.watch(kind, since, signal)) {
    if (event.type === 'BOOKMARK' && kind === PODS) continue
    events.push(event)
    if (events.length === count) break
  }
  return events
}

function nameOf(event: WatchEvent): string {
  return event.type === 'BOOKMARK' ? 'BOOKMARK' : `${event.type} ${event.object.metadata.name}`
}

function replay(events: readonly WatchEvent[]): Resource[] {
  const state = new Map<string, Resource>()
  for (const event of events) {
    if (event.type === 'BOOKMARK') continue
    if (event.type === 'DELETED') state.delete(event.object.metadata.name)
    else state.set(event.object.metadata.name, event.object)
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, resource]) => resource)
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
