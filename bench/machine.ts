/**
 * How fast one machine is, from the outside: `node bench/machine.ts [--trials 1000]`. JSON on stdout, a table on stderr.
 *
 * A real server over its own Postgres in an empty directory, real processes: the program touches a file when it starts and ends.
 *   making           a directory with a file in it: says how the file system is today. ext4 makes files from inodes, and for
 *                    six minutes walks past those that were freed: after a thousand deletions it takes 1 ms instead of 0.1,
 *                    a trial makes sixteen of them, and all rows below suffer
 *   ready            from the start of the process to the line `ready`, on an empty directory and again on the same one
 *   first process    from the POST to the start of the first trial's program, on a warm server
 *   throughput       no-op trials end to end at parallel 20, from the first start to the last end
 *   gap              from a trial's end to its successor's start at parallel 1, median
 *   requests         of the controllers per trial, from the server's own request log, at parallel 10
 *   resident         the server's resident memory after all of it
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median } from 'simple-statistics'
import { programExperiment, X } from '../test/support/program-experiment.ts'
import { launcher, says } from '../test/support/qalam.ts'
import { residentMiB } from './processor-time.ts'

const { values: options } = parseArgs({ options: { trials: { type: 'string', default: '1000' } } })
const trialCount = Number(options.trials)
const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
chmodSync(directory, 0o711)
const dataDir = join(directory, 'data')

interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly goal: number
  readonly better: 'less' | 'more'
}
const rows: Row[] = []
const note = (name: string, value: number, unit: string, better: 'less' | 'more', goal: number) => {
  rows.push({ name, value, unit, goal, better })
  process.stderr.write(
    `${name.padEnd(44)} ${value.toFixed(value < 10 ? 3 : 1).padStart(10)} ${unit.padEnd(9)} goal ${better === 'less' ? '<=' : '>='} ${goal}\n`,
  )
}

let server: ChildProcess | undefined
try {
  note('making a directory with a file, median', median(Array.from({ length: 200 }, making)), 'ms', 'less', 0.2)
  note('ready, first time', await startServer(), 's', 'less', 3)
  await stopServer()
  note('ready, second time', await startServer(), 's', 'less', 1)
  await run('warm', 2, 2)
  const first = await run('first', 1, 1)
  note('apply to first process', (first.starts[0] - first.appliedAt) / 1e3, 's', 'less', 0.3)
  const before = await requestsOfControllers()
  await run('ten', 100, 10)
  const between = await requestsOfControllers()
  note('controllers’ requests per trial, parallel 10', (between - before) / 100, 'requests', 'less', 8)
  const one = await run('one', 50, 1)
  note(
    'controllers’ requests per trial, parallel 1',
    ((await requestsOfControllers()) - between) / 50,
    'requests',
    'less',
    10,
  )
  const gaps = one.starts.slice(1).map((start, i) => start - one.ends[i])
  note('gap between trials, median', median(gaps), 'ms', 'less', 50)
  const many = await run('many', trialCount, 20)
  const seconds = (many.ends[many.ends.length - 1] - many.starts[0]) / 1e3
  note(`throughput over ${trialCount} trials, parallel 20`, trialCount / seconds, 'trials/s', 'more', 50)
  note('resident memory of the server', residentMiB(server?.pid ?? 0), 'MiB', 'less', 250)
} finally {
  await stopServer()
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
}
process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)

function making(_: unknown, i: number): number {
  const started = performance.now()
  mkdirSync(join(directory, `making-${i}`))
  writeFileSync(join(directory, `making-${i}`, 'file'), '')
  return performance.now() - started
}

async function startServer(): Promise<number> {
  const started = performance.now()
  server = spawn(launcher, ['server', '--data-dir', dataDir, '--cpus', '20'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await says(server, 'stdout', /ready kubernetes=/)
  return (performance.now() - started) / 1e3
}

async function stopServer(): Promise<void> {
  if (!server || server.exitCode !== null) return
  const over = new Promise(resolve => server?.once('close', resolve))
  server.kill('SIGTERM')
  await over
}

/** Posts an experiment of no-op trials and waits for its end; times in milliseconds since 1970. */
async function run(name: string, trials: number, parallel: number) {
  const marks = join(directory, name)
  mkdirSync(marks)
  const appliedAt = Date.now()
  await rest('POST', '/experiments', experiment(name, trials, parallel, marks))
  for (;;) {
    const { status } = (await rest('GET', `/experiments/${name}`)) as { status?: { completionTime?: string | null } }
    if (status?.completionTime) break
    await delay(250)
  }
  // What a trial touched first and last says when it began and ended, without a process that reads the clock.
  const times = (what: string) =>
    readdirSync(marks)
      .filter(file => file.startsWith(what))
      .map(file => statSync(join(marks, file)).mtimeMs)
      .sort((a, b) => a - b)
  return { appliedAt, starts: times('s'), ends: times('e') }
}

async function rest(method: string, path: string, body?: object): Promise<unknown> {
  const holder = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')) as { rest: string }
  const token = readFileSync(join(dataDir, 'token'), 'utf8').trim()
  const response = await fetch(`${holder.rest}/api/v1/namespaces/default${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

function experiment(name: string, trials: number, parallel: number, marks: string): object {
  const program = `(: > ${marks}/s${X}; echo loss=${X}; : > ${marks}/e${X})`
  const spec = { parallelTrialCount: parallel, maxTrialCount: trials }
  return programExperiment({ name, command: ['sh', '-c', program], spec })
}

/** Sum over verbs and kinds of `qalam_api_requests_total` of the controllers, watches and lists left out. */
async function requestsOfControllers(): Promise<number> {
  const holder = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')) as { rest: string }
  const token = readFileSync(join(dataDir, 'token'), 'utf8').trim()
  const response = await fetch(`${holder.rest}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  const lines = (await response.text())
    .split('\n')
    .filter(line => line.startsWith('qalam_api_requests_total{') && line.includes('identity="controller"'))
  for (const line of lines) process.stderr.write(`  ${line}\n`)
  const counted = lines.filter(line => !/verb="(list|watch)"/.test(line))
  return counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
