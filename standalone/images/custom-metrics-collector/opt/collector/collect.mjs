/**
 * A collector in a container of its own, with the flags of Katib's example: `-m NAMES -path FILE [-s ADDRESS]`. Follows the
 * file that the program of the same trial writes, and pushes each `name=value` of a wanted metric over REST with the trial's
 * token. `-s` is taken and not used. It ends some time after no other process has the file in its command line any more, and
 * where processes cannot be seen (macOS) half a minute after the file has last grown.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const flags = Object.fromEntries(
  process.argv.slice(2).flatMap((word, i, all) => (word.startsWith('-') ? [[word.slice(1), all[i + 1] ?? '']] : [])),
)
if (!flags.m || !flags.path) {
  console.error('expected -m NAMES and -path FILE')
  process.exit(2)
}
const names = new Set(flags.m.split(';'))
const { QALAM_SERVER_URL, QALAM_NAMESPACE, QALAM_TRIAL_NAME, QALAM_TOKEN_FILE } = process.env
const url = `${QALAM_SERVER_URL}/api/v1/namespaces/${QALAM_NAMESPACE}/trials/${QALAM_TRIAL_NAME}/metrics`
/** Looks without a program before it counts as over: it may not have been started yet, or be quicker than we are. */
const PATIENCE = 20

let read = 0
let step = 0
let grewAtMs = performance.now()
for (let without = 0; ; without = isProgramThere() ? 0 : without + 1) {
  const isLast = without >= PATIENCE
  const lines = existsSync(flags.path) ? readFileSync(flags.path, 'utf8').split('\n') : []
  const whole = isLast ? lines : lines.slice(0, -1)
  if (whole.length > read) grewAtMs = performance.now()
  await push(whole.slice(read).flatMap(valuesIn))
  read = whole.length
  if (isLast) break
  await setTimeout(250)
}
console.log(`pushed ${step} values`)

function valuesIn(line) {
  const found = [...line.matchAll(/([\w|-]+)\s*=\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/g)]
  return found
    .filter(([, name]) => names.has(name))
    .map(([, name, value]) => ({ name, value: Number(value), step: step++ }))
}

async function push(metrics) {
  if (metrics.length === 0) return
  const authorization = `Bearer ${readFileSync(QALAM_TOKEN_FILE, 'utf8').trim()}`
  const headers = { 'content-type': 'application/json', authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ metrics }) })
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`)
}

/** By its command line, which names the file, as Katib's collectors tell it; not we, and not the shell that started us. */
function isProgramThere() {
  if (!existsSync('/proc/self/cmdline')) return performance.now() - grewAtMs < 30_000
  const own = new Set([String(process.pid), String(process.ppid)])
  return readdirSync('/proc').some(pid => {
    if (!/^\d+$/.test(pid) || own.has(pid)) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some(word => word.includes(flags.path)) && !words.some(word => word.endsWith('/collect.mjs'))
    } catch {
      return false
    }
  })
}
