/**
 * Metrics end to end: `node bench/ingest.ts [--lines 50000] [--seconds 60] [--trials 20]`. JSON on stdout, a table on stderr.
 *
 * A real server over its own Postgres, real programs that print so many lines a second in all, each line with its time.
 * Half-way Postgres is told to shut down, and the server has to start it again.
 *   lost, double     values counted through REST when all trials have ended, against the lines that were printed
 *   answer           from a collector's report until it is durable, as the server counts it (`qalam_report_seconds`), outside
 *                    the restart and the 5 s after it
 *   to its commit    from the time of the line to the beginning of the transaction that stored it, outside the restart and
 *                    the 5 s after it (Postgres stamps the row by the same clock)
 *   the API          the answer to a list of the trials, ten a second, idle and then under load
 *   CPU              seconds of the server and of Postgres from the first line to the last trial's end
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { quantile } from 'simple-statistics'
import { programExperiment, X } from '../test/support/program-experiment.ts'
import { launcher, says } from '../test/support/qalam.ts'
import { between, histogramIn, quantileOf, shareWithin } from './histogram.ts'
import { ownSeconds, processorSeconds } from './processor-time.ts'

const { values: options } = parseArgs({
  options: {
    lines: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '60' },
    trials: { type: 'string', default: '20' },
  },
})
const [linesASecond, seconds, trialCount] = [options.lines, options.seconds, options.trials].map(Number)
const linesPerTrial = Math.floor((linesASecond * seconds) / trialCount)
const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
chmodSync(directory, 0o711)
const data = join(directory, 'data')

/** Prints evenly over the time, twenty times a second; behind its time it catches up. */
const PROGRAM = `
const { writeSync } = require('node:fs')
const began = Date.now()
let printed = 0
const print = setInterval(() => {
  const due = Math.min(${linesPerTrial}, Math.floor(((Date.now() - began) / ${seconds * 1_000}) * ${linesPerTrial}))
  const time = new Date().toISOString()
  let text = ''
  for (; printed < due; printed++) text += time + ' loss=' + 1 / (printed + 1) + '\\n'
  for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest))
  if (printed === ${linesPerTrial}) clearInterval(print)
}, 50)`

const figures: { name: string; value: number; unit: string; goal?: string }[] = []
const say = (name: string, value: number, unit: string, goal?: string) =>
  figures.push({ name, value: Number(value.toPrecision(4)), unit, ...(goal !== undefined && { goal }) })

let server: ChildProcess | undefined
try {
  server = spawn(launcher, ['server', '--data-dir', data, '--cpus', String(trialCount)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [, rest = ''] = await says(server, 'stdout', /ready kubernetes=\S+ rest=(\S+)/)
  await measure(rest)
} finally {
  const over = server && new Promise(resolve => server?.once('close', resolve))
  server?.kill('SIGTERM')
  await over
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}
for (const { name, value, unit, goal = '' } of figures)
  console.error(`${name.padEnd(56)} ${String(value).padStart(9)} ${unit.padEnd(5)} ${goal}`)
console.log(JSON.stringify({ bench: 'ingest', node: process.version, options, figures }, null, 2))

async function measure(rest: string): Promise<void> {
  const authorization = `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}`
  const get = async (path: string) => {
    const response = await fetch(`${rest}/api/v1/namespaces/default/experiments/${path}`, {
      headers: { authorization },
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
  const reports = async () => {
    const response = await fetch(`${rest}/metrics`, { headers: { authorization } })
    return histogramIn(await response.text(), 'qalam_report_seconds')
  }
  const answers = async (until: () => boolean) => {
    const found: number[] = []
    while (!until()) {
      const began = performance.now()
      await get('ingest/trials')
      found.push(performance.now() - began)
      await delay(100)
    }
    return found
  }
  const created = await fetch(`${rest}/api/v1/namespaces/default/experiments`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(experiment()),
  })
  if (!created.ok) throw new Error(await created.text())
  type Row = { readonly name: string; readonly status: string }
  const trials = async () => (await get('ingest/trials')).trials as readonly Row[]
  while ((await trials()).filter(({ status }) => status === 'Running').length < trialCount) await delay(100)
  const [began, cpuBefore, atFirst] = [Date.now(), cpuSeconds(), await reports()]
  let isOver = false
  const load = answers(() => isOver)
  await delay(began + seconds * 500 - Date.now())
  const [restartedAt, untilRestart] = [Date.now(), await reports()]
  const { pid } = postmaster()
  process.kill(pid, 'SIGINT')
  while (!isBack(pid)) await delay(50)
  const backAt = Date.now()
  await delay(5_000)
  const sinceRestart = await reports()
  for (let done = 0; done < trialCount; await delay(500))
    done = (await trials()).filter(({ status }) => status !== 'Running' && status !== 'Pending').length
  isOver = true
  const reported = between([atFirst, untilRestart], [sinceRestart, await reports()])
  const cpu = cpuSeconds()
  const loaded = await load
  const quiet = performance.now() + 10_000
  const idle = await answers(() => performance.now() > quiet)

  const counts: number[] = []
  for (const { name } of await trials()) {
    const { metrics } = (await get(`ingest/trials/${name}/metrics?max_points=4`)) as { metrics: { count: number }[] }
    counts.push(metrics[0]?.count ?? 0)
  }
  const expected = linesPerTrial * trialCount
  say('lines printed', expected, '')
  say(
    'lost',
    counts.reduce((lost, count) => lost + Math.max(0, linesPerTrial - count), 0),
    '',
    '0',
  )
  say(
    'double',
    counts.reduce((double, count) => double + Math.max(0, count - linesPerTrial), 0),
    '',
    '0',
  )
  say("from a collector's report to its answer, p50", 1_000 * quantileOf(reported, 0.5), 'ms')
  say("from a collector's report to its answer, p99", 1_000 * quantileOf(reported, 0.99), 'ms', '<= 250')
  say('answered within 250 ms', 100 * shareWithin(reported, 0.25), '%', '>= 99')
  const { p50, p99 } = await delays(restartedAt, backAt)
  say('from the line to its commit, p50', p50, 'ms')
  say('from the line to its commit, p99', p99, 'ms')
  say('Postgres was away', backAt - restartedAt, 'ms')
  say('the API under load, p50', quantile(loaded, 0.5), 'ms')
  say('the API under load, p99', quantile(loaded, 0.99), 'ms')
  say('the API idle, p50', quantile(idle, 0.5), 'ms')
  say('the API idle, p99', quantile(idle, 0.99), 'ms')
  say('CPU of the server', cpu.server - cpuBefore.server, 's')
  // The restarted one began at nothing.
  say('CPU of Postgres since its restart', cpu.postgres, 's')
  say('from the first line to the last trial’s end', (Date.now() - began) / 1_000 - 10, 's')
}

/** From the rows: when each was printed, and when the transaction began that stored it. */
async function delays(restartedAt: number, backAt: number): Promise<{ p50: number; p99: number }> {
  const client = new Client({ host: postmaster().socket, user: 'qalam', database: 'postgres' })
  await client.connect()
  try {
    const { rows } = await client.query<{ p50: number; p99: number }>(
      `with stored as (select reported_at::timestamptz as printed, received_at from metric_row)
      select
        1000 * percentile_cont(0.5) within group (order by extract(epoch from received_at - printed)) as p50,
        1000 * percentile_cont(0.99) within group (order by extract(epoch from received_at - printed)) as p99
      from stored where printed < to_timestamp($1 / 1000.0) - interval '1 second' or printed > to_timestamp($2 / 1000.0)`,
      [restartedAt, backAt + 5_000],
    )
    return rows[0]
  } finally {
    await client.end()
  }
}

function experiment(): object {
  return programExperiment({
    name: 'ingest',
    command: ['node', program(), X],
    spec: { parallelTrialCount: trialCount, maxTrialCount: trialCount },
  })
}

function program(): string {
  const path = join(directory, 'print.cjs')
  writeFileSync(path, PROGRAM)
  chmodSync(path, 0o644)
  return path
}

function postmaster(): { pid: number; socket: string } {
  const lines = readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')
  return { pid: Number(lines[0]), socket: lines[4] }
}

/** Another postmaster than `old` has written its file and says that it is ready. */
function isBack(old: number): boolean {
  try {
    const lines = readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) !== old && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

/** Of the server with its threads, of Postgres with its processes. */
function cpuSeconds(): { server: number; postgres: number } {
  return { server: ownSeconds(server?.pid ?? 0), postgres: processorSeconds(postmaster().pid) }
}
