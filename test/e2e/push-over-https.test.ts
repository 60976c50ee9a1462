/** The helpers of programs that report by themselves, against a store whose authority only QALAM_SERVER_CA names. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RestServer } from '#server'
import { renewed } from '../../cli/cluster/certificates.ts'
import { aTrial, Cluster, TOKEN } from '../server/cluster.ts'
import { root } from '../support/qalam.ts'

const certificates = await renewed({}, [], new Date())
const directory = mkdtempSync(join(tmpdir(), 'qalam-push-'))
let cluster: Cluster
let server: RestServer
let url: string

beforeAll(async () => {
  writeFileSync(join(directory, 'token'), TOKEN)
  cluster = new Cluster()
  cluster.trials.add(aTrial('tune', 0))
  server = await cluster.serve({ tls: { cert: certificates['tls.crt'], key: certificates['tls.key'] } })
  url = (await server.listen({ port: 0 })).url
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

function run(command: string, code: string, ca: string): Promise<string> {
  const { metadata } = aTrial('tune', 0)
  const env = {
    PATH: process.env.PATH,
    PYTHONPATH: join(root, 'collector/push'),
    PYTHONDONTWRITEBYTECODE: '1',
    QALAM_SERVER_URL: url,
    QALAM_SERVER_CA: ca,
    QALAM_TOKEN_FILE: join(directory, 'token'),
    QALAM_NAMESPACE: metadata.namespace,
    QALAM_TRIAL_NAME: metadata.name,
  }
  const child = spawn(command, command === 'python3' ? ['-c', code] : ['--input-type=module', '-e', code], { env })
  let said = ''
  const hear = (data: unknown) => {
    said += String(data)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(said)))
}

const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) console.log('skipped: the Python helper, there is no python3')

const helpers: readonly (readonly [string, string])[] = [
  ['python3', 'import qalam; print("stop", qalam.report(loss=0.25))'],
  [
    process.execPath,
    `const { report } = await import('${join(root, 'collector/push/qalam.mjs')}'); console.log('stop', await report({ loss: 0.25 }))`,
  ],
]
const programs = helpers.filter(([command]) => hasPython || command !== 'python3')

test.each(programs)('%s reports to a server of a private authority', async (command, code) => {
  cluster.reports.length = 0
  expect((await run(command, code, certificates['ca.crt'])).toLowerCase()).toBe('stop false\n')
  expect(cluster.reports).toMatchObject([{ rows: [{ metricName: 'loss', value: '0.25' }] }])
})

test.each(programs)('%s sends nothing to a server of another authority, and prints instead', async (command, code) => {
  cluster.reports.length = 0
  const other = (await renewed({}, [], new Date()))['ca.crt']
  expect(await run(command, code, other)).toMatch(
    /metrics could not be sent[\s\S]*loss=0.25|loss=0.25[\s\S]*metrics could not be sent/,
  )
  expect(cluster.reports).toEqual([])
})
