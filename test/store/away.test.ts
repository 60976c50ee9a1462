import { expect, test } from 'vitest'
import type { Resource } from '#api'
import type { Change } from '../../store/resources/change.ts'
import { CurrentObjects } from '../../store/resources/current-objects.ts'
import { LoggedResourceStore } from '../../store/resources/logged-resource-store.ts'
import { FIRST_REVISION, MemoryChangeLog } from '../../store/resources/memory-change-log.ts'

/** A log whose database is away until it is told to come back. */
class AwayLog extends MemoryChangeLog {
  back = Promise.withResolvers<void>()
  readonly asked = Promise.withResolvers<(waitedMs: number) => void>()
  override async append(changes: readonly Change[], onWaiting: (waitedMs: number) => void = () => {}): Promise<void> {
    this.asked.resolve(onWaiting)
    await this.back.promise
    await super.append(changes)
  }
}

const ref = (name: string) => ({ group: '', kind: 'Pod', namespace: 'default', name })
const pod = (name: string): Resource => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } })

test('while the database is away for long, writes are refused and nothing is forgotten', async () => {
  const log = new AwayLog()
  await using store = new LoggedResourceStore(log, new CurrentObjects(), { head: FIRST_REVISION, compacted: 0 })
  const onItsWay = store.put(ref('a'), pod('a'), 'absent')
  const waits = await log.asked.promise
  const queued = store.put(ref('b'), pod('b'), 'absent')
  waits(9_000)
  const alsoQueued = store.put(ref('c'), pod('c'), 'absent')
  waits(10_000)
  await expect(queued).rejects.toThrow('the database is away; nothing was written; try again when it is back')
  await expect(alsoQueued).rejects.toThrow('the database is away')
  await expect(store.put(ref('d'), pod('d'), 'absent')).rejects.toThrow('the database is away')
  log.back.resolve()
  expect((await onItsWay).metadata.resourceVersion).toBe('2')
  expect((await store.put(ref('b'), pod('b'), 'absent')).metadata.resourceVersion).toBe('3')
})
