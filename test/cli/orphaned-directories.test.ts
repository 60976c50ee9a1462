import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { API_VERSION, type Resource, TRIAL_LABEL } from '#api'
import { createInformers } from '#kube'
import { removeOrphanedDirectories } from '../../cli/machine/orphaned-directories.ts'
import { anApiServer } from '../standalone/an-api-server.ts'
import { createFakeClock } from '../support/fake-clock.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'qalam-orphans-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const made = (name: string) => mkdirSync(join(dataDir, 'pods', name, 'main'), { recursive: true })
const isThere = (name: string) => existsSync(join(dataDir, 'pods', name))
const LONG = 'a-name-that-is-as-long-as-the-name-of-a-trial-may-be-bcdfghjk'

async function aMachine(isWhole = true) {
  const server = await anApiServer()
  const clock = createFakeClock()
  const notes: string[] = []
  const note = (text: string) => void notes.push(text)
  const informers = createInformers({ transport: server.transport, clock, log: note })
  const metadata = (name: string, more = {}) => ({ name, namespace: 'default', ...more })
  const trial = (name: string) => ({ apiVersion: API_VERSION, kind: 'Trial', metadata: metadata(name), spec: {} })
  const pod = (name: string, labels = {}): Resource => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name, { labels }),
    spec: { containers: [{ name: 'main', image: 'i' }] },
  })
  return {
    ...{ server, clock, notes, trial, pod },
    start: () => removeOrphanedDirectories({ dataDir, informers, clock, isWhole, note }),
    async [Symbol.asyncDispose]() {
      await informers[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('at the start, what has neither a trial nor a pod is removed', async () => {
  await using machine = await aMachine()
  await machine.server.client.create(machine.trial('tune-bcdfghjk'))
  await machine.server.client.create(machine.trial(LONG))
  const present = await machine.server.client.create(machine.pod('present'))
  const kept = [
    'default_tune-bcdfghjk-zzzzz_1',
    'default_tune-bcdfghjk-3-zzzzz_2',
    `default_${LONG.slice(0, 57)}-zzzzz_3`,
    `default_present_${present.metadata.uid}`,
  ]
  const orphans = ['default_tune-gone-zzzzz_4', 'other_tune-bcdfghjk-zzzzz_5', 'default_present_6', 'default_alone_7']
  for (const name of [...kept, ...orphans]) made(name)
  using _ = machine.start()
  await vi.waitFor(() => expect(orphans.filter(isThere)).toEqual([]), 10_000)
  expect(kept.filter(isThere)).toEqual(kept)
})

test('objects that are elsewhere say nothing about what is here', async () => {
  await using machine = await aMachine(false)
  made('default_tune-gone-zzzzz_1')
  const pod = await machine.server.client.create(machine.pod('p'))
  const own = `default_p_${pod.metadata.uid}`
  made(own)
  using _ = machine.start()
  await machine.server.client.delete({ ...pod, name: 'p', namespace: 'default' }, { gracePeriodSeconds: 0 })
  await vi.waitFor(() => expect(isThere(own)).toBe(false), 10_000)
  expect(isThere('default_tune-gone-zzzzz_1')).toBe(true)
})

test('a trial takes its directories along, once its pod is gone as well', async () => {
  await using machine = await aMachine()
  const { client } = machine.server
  const trial = await client.create(machine.trial('tune-a'))
  await client.create(machine.trial('tune-b'))
  const pod = await client.create(machine.pod('tune-a-live', { [TRIAL_LABEL]: 'tune-a' }))
  const live = `default_tune-a-live_${pod.metadata.uid}`
  for (const name of ['default_tune-a-old_1', 'default_tune-b-old_2', live]) made(name)
  using _ = machine.start()
  await vi.waitFor(() => expect(machine.clock.pending).toBeGreaterThan(0), 10_000)
  await client.delete({ ...trial, name: 'tune-a', namespace: 'default' })
  await vi.waitFor(async () => {
    await machine.clock.advance(1_000)
    expect(isThere('default_tune-a-old_1')).toBe(false)
  }, 10_000)
  expect(isThere(live)).toBe(true)
  await client.delete({ ...pod, name: 'tune-a-live', namespace: 'default' }, { gracePeriodSeconds: 0 })
  await vi.waitFor(() => expect(isThere(live)).toBe(false), 10_000)
  expect(isThere('default_tune-b-old_2')).toBe(true)
})
