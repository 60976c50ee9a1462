/** `qalam store` as a process on bad days: what it needs is not there yet, or the API server has no room for it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { parse } from 'yaml'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import type { FaultyProxy } from './faulty-proxy.ts'
import { enter, type Lane, laneDirectory } from './lane.ts'
import { type LateDatabase, lateDatabase } from './late-database.ts'
import { proxied } from './proxied.ts'
import { applyManifests, kubeconfigOf, type OwnProcess, ownProcess, tokenOf } from './shipped-account.ts'

const cluster = await startRealCluster({ controllerManager: true })
const emptyDatabase = usePostgres()
const STORM_MS = 5_000

describe.skipIf(cluster === undefined)('qalam store on a bad day', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let lane: Lane
  let proxy: FaultyProxy
  let database: LateDatabase
  let flags: readonly string[] = []

  beforeAll(async () => {
    if (cluster === undefined) return
    lane = await enter(cluster, { running, log })
    const { client, transport } = lane
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/store.yaml')
    const directory = laneDirectory(running)
    const account = await kubeconfigOf('qalam-store', {
      transport,
      admin: cluster.kubeconfig,
      path: join(directory, 'account'),
    })
    const weather = { faults: [], seed: 1, share: 0 }
    const user = parse(readFileSync(account, 'utf8')).users[0].user
    const way = await proxied(cluster, weather, join(directory, 'kubeconfig'), user)
    proxy = running.use(way.proxy)
    database = running.use(await lateDatabase((await emptyDatabase()).config))
    flags = ['store', '--kubeconfig', way.path, '--port', '0']
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const aStore = (...more: readonly string[]): OwnProcess =>
    ownProcess([...flags, ...more], { running, env: { ...process.env, DATABASE_URL: database.url }, log })

  async function ended(store: OwnProcess): Promise<void> {
    store.child.kill('SIGTERM')
    expect(await store.ended).toBe(0)
  }

  test('started before its database it waits, ends when it is asked to, and is ready once both are there', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const impatient = aStore()
    await impatient.line(/waiting for the database: /)
    await ended(impatient)

    const back = Promise.withResolvers<void>()
    const away = proxy.storm('drop', back.promise)
    const late = aStore('--health-port', '0')
    const [, port] = await late.line(/health on port (\d+)/)
    await late.line(/waiting for the database: /)
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then(reply => reply.text())
    expect(await ready()).toBe('waiting for the database\n')
    database.come()
    await late.line(/ready rest=/)
    expect(await ready()).toBe('waiting for the first list of experiments and trials\n')
    back.resolve()
    await away
    await expect.poll(ready, { timeout: 60_000 }).toBe('ok\n')
    await ended(late)
  }, 120_000)

  test('the API server has no room: those who ask are asked for one at a time, and all get their answer', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    database.come()
    const store = aStore()
    const [, url] = await store.line(/ready rest=(\S+)/)
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 60_000 }).toBe(200)
    // Each has to be reviewed anew.
    const tokens = await Promise.all(Array.from({ length: 44 }, () => tokenOf('qalam-store', lane.transport)))
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`${url}/api/v1/namespaces/default/experiments`, { headers })).status
    }
    const storm = proxy.storm(429, STORM_MS)
    const first = tokens.slice(0, 4).map(ask)
    await store.line(/no room for us/)
    const before = proxy.requestCount
    const later = tokens.slice(4).map(ask)
    await storm
    const asked = proxy.requestCount - before
    process.stdout.write(`no room for ${STORM_MS / 1_000} s, ${later.length} ask: ${asked} requests\n`)
    expect(asked).toBeLessThan(later.length)
    expect(new Set(await Promise.all([...first, ...later]))).toEqual(new Set([200]))
    await store.line(/has room for us again/)
    await ended(store)
  }, 120_000)
})
