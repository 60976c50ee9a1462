import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openStores, type ResourceStore, type Stores, startPostgres } from '#store'
import { temporaryDirectory } from '../support/qalam.ts'

/** What the writer was told is durable. */
interface Acknowledged {
  readonly revisions: Set<number>
  readonly objects: Map<string, { sequence: number; revision: number }>
  readonly rows: Map<string, number>
}

const none = (): Acknowledged => ({ revisions: new Set(), objects: new Map(), rows: new Map() })

test('kill -9 of the writing process, again and again: nothing acknowledged is missing, no revision comes twice', async () => {
  using directory = temporaryDirectory()
  const acknowledged = none()
  for (let round = 0; round < 4; round++) {
    const writer = startWriter(directory.path)
    await record(writer, acknowledged, 150 + round * 130)
  }
  await using postgres = await startPostgres(directory.path)
  expect(postgres.adopted).toBe(true)
  await using stores = await openStores({ postgres })
  await expectAll(stores, acknowledged)
})

test('kill -9 of Postgres under load: it is started again, waiting writes go on, nothing acknowledged is missing', async () => {
  using directory = temporaryDirectory()
  const told: string[] = []
  await using postgres = await startPostgres(directory.path, sentence => told.push(sentence))
  await using stores = await openStores({ postgres, log: sentence => told.push(sentence) })
  const acknowledged = none()
  const first = postgres.pid
  const clients = Array.from({ length: 8 }, (_, i) => write(stores, `client-${i}`, 60, acknowledged))
  const watched = watchAll(stores.resources, 8 * 60)
  await watchAll(stores.resources, 100)
  process.kill(first, 'SIGKILL')
  await Promise.all(clients)
  expect(postgres.pid).not.toBe(first)
  expect(told.join('\n')).toContain('started again')
  expect(acknowledged.revisions.size).toBe(8 * 60)
  expect(await watched).toEqual(Array.from({ length: 8 * 60 }, (_, i) => i + 2))
  await expectAll(stores, acknowledged)
})

test('a second process on the same objects is refused in a sentence, and harms neither the first nor its Postgres', async () => {
  using directory = temporaryDirectory()
  await using postgres = await startPostgres(directory.path)
  await using stores = await openStores({ postgres })
  {
    await using second = await startPostgres(directory.path)
    expect(second.adopted).toBe(true)
    await expect(openStores({ postgres: second })).rejects.toThrow(
      /^another Qalam process writes to this database; stop it/,
    )
  }
  const acknowledged = none()
  await write(stores, 'client', 3, acknowledged)
  await expectAll(stores, acknowledged)
})

function startWriter(directory: string): ChildProcess {
  const program = join(import.meta.dirname, 'store-writer.ts')
  return spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Notes what the writer says, kills it after `count` writes, and notes what it had still said. */
async function record(writer: ChildProcess, acknowledged: Acknowledged, count: number): Promise<void> {
  const closed = once(writer, 'close')
  let lines = 0
  for await (const line of createInterface({ input: writer.stdout as NodeJS.ReadableStream })) {
    note(line, acknowledged)
    if (++lines === count) writer.kill('SIGKILL')
  }
  await closed
  expect(lines).toBeGreaterThanOrEqual(count)
}

function note(line: string, { revisions, objects, rows }: Acknowledged): void {
  const [what, name, number, revision] = line.split(' ')
  if (what === 'ready') expect(Number(revision)).toBeGreaterThanOrEqual(Math.max(1, ...revisions))
  if (what === 'row') rows.set(name, Number(number))
  if (what !== 'put') return
  expect(revisions.has(Number(revision))).toBe(false)
  revisions.add(Number(revision))
  objects.set(name, { sequence: Number(number), revision: Number(revision) })
}

async function write(stores: Stores, name: string, count: number, acknowledged: Acknowledged): Promise<void> {
  const ref = { group: 'core', kind: 'Pod', namespace: 'default', name }
  let version = 'absent'
  for (let sequence = 1; sequence <= count; sequence++) {
    const next = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: sequence }
    version = (await stores.resources.put(ref, next, version)).metadata.resourceVersion as string
    note(`put ${name} ${sequence} ${version}`, acknowledged)
    const rows = [{ metricName: 'loss', value: String(-sequence), sequence }]
    await stores.observations.append({ trialUid: name, attempt: 0, stream: 's', rows })
    note(`row ${name} ${sequence}`, acknowledged)
  }
}

/** The revisions of the first `count` events of pods. */
async function watchAll(resources: ResourceStore, count: number): Promise<number[]> {
  const revisions: number[] = []
  for await (const event of resources.watch({ group: 'core', kind: 'Pod' }, '1', new AbortController().signal)) {
    revisions.push(Number(event.resourceVersion))
    if (revisions.length === count) break
  }
  return revisions
}

/** The last acknowledged write or, since an unacknowledged one may have succeeded, a later one. */
async function expectAll({ resources, observations }: Stores, acknowledged: Acknowledged): Promise<void> {
  expect(acknowledged.objects.size).toBeGreaterThan(0)
  for (const [name, { sequence, revision }] of acknowledged.objects) {
    const found = await resources.get({ group: 'core', kind: 'Pod', namespace: 'default', name })
    expect(Number(found?.spec)).toBeGreaterThanOrEqual(sequence)
    expect(Number(found?.metadata.resourceVersion)).toBeGreaterThanOrEqual(revision)
  }
  for (const [name, sequence] of acknowledged.rows) {
    const rows = await Array.fromAsync(observations.rows(name))
    const sequences = rows.map(row => row.sequence)
    expect(sequences).toEqual(sequences.map((_, i) => i + 1))
    // The object's write comes first; its row may be missing when the process was killed in between.
    expect(sequences.length).toBeGreaterThanOrEqual(sequence)
    expect((await observations.summary(name))?.metrics.loss).toEqual({
      min: String(-sequences.length),
      max: '-1',
      latest: String(-sequences.length),
      count: sequences.length,
    })
  }
  const fresh = { group: 'core', kind: 'Pod', namespace: 'default', name: 'fresh' }
  const stored = await resources.put(fresh, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'fresh' } }, 'absent')
  expect(Number(stored.metadata.resourceVersion)).toBeGreaterThan(Math.max(...acknowledged.revisions))
}
