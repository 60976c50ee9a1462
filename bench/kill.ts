/**
 * Who is killed loses nothing: `node bench/kill.ts [--kills 200] [--seed 1]`. JSON on stdout, a line a kill on stderr.
 *
 * A real server over its own Postgres, and two trials that report until they are told to stop: one prints, and the server
 * collects; of the other, `qalam collector` follows a file as a sidecar does, over HTTP. Again and again the server, Postgres
 * or the sidecar is killed with SIGKILL, at a moment and in an order that the seed draws; servers and sidecars are started again.
 * In the end every value must be there once. Exit code 1 when one is not.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { rngOf } from '#numerics'
import { programExperiment, X } from '../test/support/program-experiment.ts'

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const launcher = join(import.meta.dirname, '../qalam')
const directory = mkdtempSync(join(tmpdir(), 'qalam-kill-'))
chmodSync(directory, 0o711)
const [data, shared] = [join(directory, 'data'), join(directory, 'shared')]
mkdirSync(shared)
const at = (name: string) => join(shared, name)

/** Prints a value every 20 ms until `stop` is there, then says how many. */
const PRINTS = `
const { existsSync, writeFileSync, writeSync } = require('node:fs')
let count = 0
const print = setInterval(() => {
  writeSync(1, 'loss=' + ++count + '\\n')
  if (!existsSync('${at('stop')}')) return
  clearInterval(print)
  writeFileSync('${at('printed')}', String(count))
}, 20)`
/** Lets the sidecar have its environment, and ends when the sidecar has. */
const LENDS = `
const { existsSync, writeFileSync, renameSync } = require('node:fs')
writeFileSync('${at('environment.part')}', JSON.stringify(process.env))
renameSync('${at('environment.part')}', '${at('environment')}')
const look = setInterval(() => existsSync('${at('reported')}') && clearInterval(look), 100)`

const ports = { kubernetes: await freePort(), rest: await freePort() }
const random = rngOf([Number(options.seed), 0, 0, 0])
let server = startServer()
let sidecar: ChildProcess | undefined
let written = 0
try {
  await untilAnswers()
  await post('experiments', anExperiment('prints', 'StdOut', PRINTS))
  await post('experiments', anExperiment('lends', 'Push', LENDS))
  const environment = await untilHeld(() => existsSync(at('environment')) && readFileSync(at('environment'), 'utf8'))
  const env = JSON.parse(environment) as NodeJS.ProcessEnv
  sidecar = startSidecar(env)
  const writing = setInterval(() => appendFileSync(at('metrics.log'), `loss=${++written}\n`), 20)
  const killed = { server: 0, postgres: 0, sidecar: 0 }
  for (let kill = 1; kill <= Number(options.kills); kill++) {
    await delay(50 + random.integer(450))
    const victim = (['server', 'postgres', 'sidecar'] as const)[random.integer(3)]
    killed[victim]++
    if (victim === 'postgres') killPostgres()
    else if (victim === 'server') {
      await killed9(server)
      server = startServer()
    } else {
      await killed9(sidecar)
      sidecar = startSidecar(env)
    }
    // A third of the next kills hits what is still starting.
    if (random.integer(3) > 0) await untilAnswers()
    process.stderr.write(`${kill} ${victim}\n`)
  }
  clearInterval(writing)
  await untilAnswers()
  writeFileSync(at('1.pid'), 'completed\n')
  await ended(sidecar)
  writeFileSync(at('reported'), '')
  writeFileSync(at('stop'), '')
  const printed = Number(await untilHeld(() => existsSync(at('printed')) && readFileSync(at('printed'), 'utf8')))
  const found = { prints: await valuesOf('prints', printed), lends: await valuesOf('lends', written) }
  const figures = { kills: killed, prints: judged(found.prints, printed), lends: judged(found.lends, written) }
  console.log(JSON.stringify({ bench: 'kill', node: process.version, options, ...figures }, null, 2))
  if (figures.prints.lost + figures.prints.double + figures.lends.lost + figures.lends.double > 0) process.exitCode = 1
} finally {
  sidecar?.kill('SIGKILL')
  const over = ended(server)
  server.kill('SIGTERM')
  await over
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}

/** Of the values 1 to `count`, which were not found, and which more than once. */
function judged(found: readonly number[], count: number): { reported: number; lost: number; double: number } {
  const distinct = new Set(found)
  return { reported: count, lost: count - distinct.size, double: found.length - distinct.size }
}

/** All values of the one trial, once it has ended. */
async function valuesOf(experiment: string, count: number): Promise<readonly number[]> {
  const trial = await untilHeld(async () => {
    const { trials } = (await get(`experiments/${experiment}/trials`)) as { trials: { name: string; status: string }[] }
    return trials.find(({ status }) => status !== 'Running' && status !== 'Pending')
  })
  const max = Math.min(100_000, 2 * count + 4)
  const { metrics } = (await get(`experiments/${experiment}/trials/${trial.name}/metrics?max_points=${max}`)) as {
    metrics: { values: number[] }[]
  }
  return metrics[0]?.values ?? []
}

function startServer(): ChildProcess {
  const flags = ['--data-dir', data, '--cpus', '4', '--port', `${ports.kubernetes}`, '--rest-port', `${ports.rest}`]
  return spawn(launcher, ['server', ...flags], { stdio: 'ignore' })
}

function startSidecar(lent: NodeJS.ProcessEnv): ChildProcess {
  const { QALAM_SERVER_URL, QALAM_TOKEN_FILE, QALAM_NAMESPACE, KATIB_TRIAL_NAME } = lent
  const env = { ...process.env, QALAM_SERVER_URL, QALAM_TOKEN_FILE, QALAM_NAMESPACE, QALAM_SPOOL_DIR: shared }
  const flags = [
    '-m',
    'loss',
    '-path',
    at('metrics.log'),
    '-format',
    'TEXT',
    '-t',
    KATIB_TRIAL_NAME ?? '',
    '-w',
    'false',
  ]
  return spawn(launcher, ['collector', ...flags], { env: { ...env, QALAM_STREAM: 'kill/collector' }, stdio: 'ignore' })
}

async function killed9(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const over = ended(child)
  child.kill('SIGKILL')
  await over
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => child.once('close', () => resolve()))
}

/** None runs where the server that would start it was killed before. */
function killPostgres(): void {
  try {
    process.kill(Number(readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
  } catch {
    // It is being started.
  }
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(url(path), { headers: headers() })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(url(path), { method: 'POST', headers: headers(), body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
}

function url(path: string): string {
  return `http://127.0.0.1:${ports.rest}/api/v1/namespaces/default/${path}`
}

function headers(): Record<string, string> {
  const authorization = `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}`
  return { authorization, 'content-type': 'application/json' }
}

/** The server answers from its database; one that ended by itself, since its Postgres was killed under it, is started again. */
async function untilAnswers(): Promise<void> {
  await untilHeld(async () => {
    if (server.exitCode !== null || server.signalCode !== null) server = startServer()
    await get('experiments')
    return true
  })
}

async function untilHeld<T>(look: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
  for (;;) {
    const held = await Promise.resolve()
      .then(look)
      .catch(() => undefined)
    if (held !== undefined && held !== false) return held as Exclude<T, false | undefined>
    await delay(50)
  }
}

function anExperiment(name: string, kind: string, program: string): object {
  const path = at(`${name}.cjs`)
  writeFileSync(path, program)
  const spec = { metricsCollectorSpec: { collector: { kind } } }
  return programExperiment({ name, command: ['node', path, X], spec })
}

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  await new Promise(resolve => listener.close(resolve))
  return port
}
