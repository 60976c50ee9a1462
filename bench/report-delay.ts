/**
 * How soon a report has effect: `node bench/report-delay.ts [--reports 40]`. JSON on stdout, a table on stderr.
 *
 * A real server, and trials of its own machine that report every 300 ms, by printing and by a post to REST. Each notes when it
 * reported; the bench asks GET .../best without pause.
 *   leading   from the report to the first answer of `best` whose `leading` is the reported value
 *   stopped   from the report beyond the bound of a `threshold` rule to the program's SIGTERM, which it notes itself
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { quantile } from 'simple-statistics'
import { programExperiment, X } from '../test/support/program-experiment.ts'
import { launcher, says } from '../test/support/qalam.ts'

const { values: options } = parseArgs({ options: { reports: { type: 'string', default: '40' } } })
const reportCount = Number(options.reports)
const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
chmodSync(directory, 0o711)
const data = join(directory, 'data')
const notes = join(directory, 'notes')
mkdirSync(notes)
const STOPPED = '.stopped'
const FIRST = 1_000
const EXPERIMENTS = '/api/v1/namespaces/default/experiments'

/** Reports 1000, 999, ... and notes when; ends by its stop, which it notes as well. */
const program = (report: string) => `
const { appendFileSync, readFileSync, writeFileSync, writeSync } = require('node:fs')
const [count, note] = [Number(process.argv[2]), '${notes}/' + process.argv[3]]
process.on('SIGTERM', () => {
  writeFileSync(note + '${STOPPED}', String(Date.now()))
  process.exit(0)
})
const report = ${report}
let said = 0
const saying = setInterval(() => {
  if (said === count) return clearInterval(saying)
  const value = ${FIRST} - said++
  appendFileSync(note, value + ' ' + Date.now() + '\\n')
  report(value)
}, 300)
setInterval(() => {}, 60_000)`
const WAYS = {
  StdOut: program("value => writeSync(1, 'loss=' + value + '\\n')"),
  Push: program(`value => fetch(
  process.env.QALAM_SERVER_URL + '/api/v1/namespaces/default/trials/' + process.env.KATIB_TRIAL_NAME + '/metrics',
  { method: 'POST',
    headers: {
      authorization: 'Bearer ' + readFileSync(process.env.QALAM_TOKEN_FILE, 'utf8').trim(),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ metrics: [{ name: 'loss', value: String(value), step: said }] }) })`),
}
type Way = keyof typeof WAYS

const figures: { name: string; value: number; unit: string; goal?: string }[] = []
function say(name: string, delays: readonly number[]): void {
  for (const [label, at] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const goal = label === 'p50' ? { goal: '< 500' } : {}
    figures.push({ name: `${name}, ${label}`, value: Math.round(quantile([...delays], at)), unit: 'ms', ...goal })
  }
}

let server: ChildProcess | undefined
try {
  server = spawn(launcher, ['server', '--data-dir', data, '--cpus', '4'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [, rest = ''] = await says(server, 'stdout', /ready kubernetes=\S+ rest=(\S+)/)
  for (const way of ['StdOut', 'Push'] as const) {
    say(`${way}: from a report to the leading trial of best`, await leading(rest, way))
    say(`${way}: from a report to the stop of its trial`, await stopped(rest, way))
  }
} finally {
  const over = server && new Promise(resolve => server?.once('close', resolve))
  server?.kill('SIGTERM')
  await over
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}
for (const { name, value, unit, goal = '' } of figures)
  console.error(`${name.padEnd(56)} ${String(value).padStart(6)} ${unit} ${goal}`)
console.log(JSON.stringify({ bench: 'report-delay', node: process.version, options, figures }, null, 2))

async function leading(rest: string, way: Way): Promise<readonly number[]> {
  const name = `leading-${way.toLowerCase()}`
  await post(rest, experiment({ name, way, count: reportCount, trials: 1 }))
  const seenAt = new Map<number, number>()
  while (!seenAt.has(FIRST - reportCount + 1)) {
    const { leading: now } = await best(rest, name)
    if (now !== undefined && !seenAt.has(now.objective)) seenAt.set(now.objective, Date.now())
    await delay(2)
  }
  await fetch(`${rest}${EXPERIMENTS}/${name}`, { method: 'DELETE', headers: headers() })
  const [file = ''] = readdirSync(notes).filter(each => each.startsWith(name) && !each.endsWith(STOPPED))
  // One that was overtaken while an answer was on its way is never seen.
  return reportsIn(file).flatMap(({ value, at }) => (seenAt.has(value) ? [(seenAt.get(value) ?? 0) - at] : []))
}

/** Every trial's third report is below the bound. */
async function stopped(rest: string, way: Way): Promise<readonly number[]> {
  const name = `stopped-${way.toLowerCase()}`
  const trials = Math.ceil(reportCount / 2)
  const settings = [{ name: 'lower', value: String(FIRST - 1) }]
  const earlyStopping = { algorithmName: 'threshold', algorithmSettings: settings }
  await post(rest, experiment({ name, way, count: 3, trials, earlyStopping }))
  const ended = () => readdirSync(notes).filter(file => file.startsWith(name) && file.endsWith(STOPPED))
  while (ended().length < trials) await delay(100)
  return ended().map(file => {
    const last = reportsIn(file.slice(0, -STOPPED.length)).at(-1)
    return Number(readFileSync(join(notes, file), 'utf8')) - (last?.at ?? Number.NaN)
  })
}

function reportsIn(file: string): readonly { value: number; at: number }[] {
  const lines = readFileSync(join(notes, file), 'utf8').trim().split('\n')
  return lines.map(line => line.split(' ').map(Number)).map(([value, at]) => ({ value, at }))
}

async function best(rest: string, name: string): Promise<{ leading?: { objective: number } }> {
  const response = await fetch(`${rest}${EXPERIMENTS}/${name}/best`, { headers: headers() })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as { leading?: { objective: number } }
}

async function post(rest: string, body: object): Promise<void> {
  const response = await fetch(rest + EXPERIMENTS, { method: 'POST', headers: headers(), body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

function headers(): Record<string, string> {
  const token = readFileSync(join(data, 'token'), 'utf8').trim()
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}

function experiment(wanted: { name: string; way: Way; count: number; trials: number; earlyStopping?: object }): object {
  const { name, way, count, trials, earlyStopping } = wanted
  const path = join(directory, `${way}.cjs`)
  writeFileSync(path, WAYS[way])
  chmodSync(path, 0o644)
  return programExperiment({
    name,
    command: ['node', path, String(count), `${name}-${X}`],
    spec: {
      parallelTrialCount: Math.min(2, trials),
      maxTrialCount: trials,
      metricsCollectorSpec: { collector: { kind: way } },
      ...(earlyStopping && { earlyStopping }),
    },
  })
}
