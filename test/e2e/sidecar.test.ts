/** `qalam collector` as a process, beside a program that writes a file, with REST at the other end. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { trialToken } from '#server'
import { anExperiment, aTrial, Cluster, TOKEN } from '../server/cluster.ts'
import { finished, says, start, temporaryDirectory } from '../support/qalam.ts'

const directory = temporaryDirectory()
afterAll(() => directory[Symbol.dispose]())

function aCluster(): Cluster {
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(aTrial('tune', 2))
  return cluster
}

function sidecar(name: string, port: number, ...more: readonly string[]) {
  const volume = join(directory.path, name)
  mkdirSync(volume, { recursive: true })
  const log = join(volume, 'metrics.log')
  const tokenFile = join(volume, 'token')
  writeFileSync(tokenFile, trialToken(TOKEN, 'uid-tune-2', 1_700_000_000))
  const args = [
    '-t',
    'tune-2',
    '-m',
    'loss',
    '-o-type',
    'minimize',
    '-s-db',
    'db:6789',
    '-path',
    log,
    '-format',
    'TEXT',
  ]
  const child = start(['collector', ...args, ...more], {
    env: {
      QALAM_SERVER_URL: `http://127.0.0.1:${port}`,
      QALAM_NAMESPACE: 'team-a',
      QALAM_TOKEN_FILE: tokenFile,
      QALAM_STREAM: `${name}/collector`,
      QALAM_SPOOL_DIR: volume,
    },
  })
  return { child, done: finished(child), log, marker: join(volume, '7.pid') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

const values = (cluster: Cluster) => cluster.reports.flatMap(({ rows }) => rows.map(({ value }) => value))

test('reports while the program runs, ends at its marker with a final, as the attempt of its token', async () => {
  const cluster = aCluster()
  await using server = await cluster.serve()
  const { url } = await server.listen({ port: 0 })
  const { child, done, log, marker } = sidecar('live', Number(new URL(url).port))
  const printed = says(child, 'stdout', /loss=0\.5/)
  writeFileSync(log, 'loss=0.5\n')
  await printed
  appendFileSync(log, 'loss=0.25\n')
  writeFileSync(marker, 'completed\n')
  expect((await done).code).toBe(0)
  expect(values(cluster)).toEqual(['0.5', '0.25'])
  const { rows, ...end } = cluster.reports.at(-1)!
  expect(end).toEqual({ trialUid: 'uid-tune-2', attempt: 1_700_000_000, stream: 'live/collector', final: true })
})

test('the server is away: nothing is lost, and it ends when all is delivered', async () => {
  const port = await freePort()
  const { child, done, log, marker } = sidecar('away', port)
  const waits = says(child, 'stdout', /metrics wait to be sent/)
  writeFileSync(log, 'loss=0.5\nloss=0.25\n')
  writeFileSync(marker, 'completed\n')
  await waits
  const cluster = aCluster()
  await using server = await cluster.serve()
  await server.listen({ port })
  expect((await done).code).toBe(0)
  expect(values(cluster)).toEqual(['0.5', '0.25'])
  expect(cluster.reports.at(-1)?.final).toBe(true)
})

test('killed, and started again beside a file that was rotated meanwhile: every value once', async () => {
  const cluster = aCluster()
  await using server = await cluster.serve()
  const port = Number(new URL((await server.listen({ port: 0 })).url).port)
  const first = sidecar('killed', port)
  const printed = says(first.child, 'stdout', /loss=0\.25/)
  writeFileSync(first.log, 'loss=0.50\nloss=0.25\n')
  await printed
  first.child.kill('SIGKILL')
  await first.done
  appendFileSync(first.log, 'loss=0.20\n')
  renameSync(first.log, `${first.log}.1`)
  writeFileSync(first.log, 'loss=0.15\nloss=0.10\nloss=0.05\n')
  writeFileSync(first.marker, 'completed\n')
  expect((await sidecar('killed', port).done).code).toBe(0)
  const rows = new Map(cluster.reports.flatMap(report => report.rows.map(row => [row.sequence, row.value])))
  expect([...rows].toSorted(([a], [b]) => a - b).map(([, value]) => value)).toEqual([
    '0.50',
    '0.25',
    '0.20',
    '0.15',
    '0.10',
    '0.05',
  ])
})

test('SIGTERM of a native sidecar is the end of the program; a missing objective is told', async () => {
  const cluster = aCluster()
  await using server = await cluster.serve()
  const { url } = await server.listen({ port: 0 })
  const { child, done, log } = sidecar('term', Number(new URL(url).port))
  const printed = says(child, 'stdout', /Loss/)
  writeFileSync(log, 'Loss=0.5\n')
  await printed
  child.kill('SIGTERM')
  expect((await done).code).toBe(0)
  expect(cluster.reports).toEqual([
    expect.objectContaining({ final: true, diagnosis: expect.stringContaining('"Loss"') }),
  ])
})

test('stopping rules that have held are said to the server', async () => {
  const cluster = aCluster()
  await using server = await cluster.serve()
  const { url } = await server.listen({ port: 0 })
  const { child, done, log } = sidecar('rules', Number(new URL(url).port), '-stop-rule', 'loss;0.1;greater;2')
  const told = says(child, 'stdout', /all stopping rules have held/)
  writeFileSync(log, 'loss=0.5\nloss=0.4\n')
  await told
  child.kill('SIGTERM')
  await done
  expect(cluster.writes).toEqual([
    {
      patch: { metadata: { annotations: { 'qalam.dev/early-stopped': expect.any(String) } } },
      ref: expect.objectContaining({ kind: 'Trial', name: 'tune-2' }),
    },
  ])
})
