/**
 * Parameters in, metrics out, for a trial written in JavaScript. One file, no dependency: copy it beside your script.
 *
 *     import { params, report } from './qalam.mjs'
 *
 *     const p = params({ lr: 0.01, opt: 'adam' })        // this trial's values, or these defaults when run by hand
 *     for (let epoch = 0; epoch < 10; epoch++) {
 *       const loss = train(p.lr)
 *       if (await report({ loss }, { step: epoch })) break // true: please stop early
 *     }
 *
 * Where a metric goes, first that applies: the server (QALAM_SERVER_URL and QALAM_TOKEN_FILE), the file
 * QALAM_METRICS_FILE, standard output as `loss=0.5 step=3`, which Katib's collector and ours both read. Nothing here ever
 * rejects because nobody listens; it says so once on standard error.
 */
import { appendFileSync, readFileSync } from 'node:fs'

const TIMEOUT_MS = 10_000
const warned = new Set()

/** This trial's parameters; each takes the type of its default. Without a trial, the defaults. */
export function params(defaults = {}) {
  const values = { ...defaults, ...trialParameters() }
  for (const [name, fallback] of Object.entries(defaults)) values[name] = like(fallback, values[name])
  return values
}

/** Reports metrics by name. Resolves with true when stopping early is advised. */
export async function report(metrics, { step } = {}) {
  const values = Object.entries(metrics).map(([name, value]) => [name, number(name, value)])
  if (values.length === 0) return false
  const time = stamp()
  const url = metricsUrl()
  const answer = url && (await post(url, values, step, time))
  if (answer) return answer.shouldStop === true
  const words = values.map(([name, value]) => `${/[\s="]/.test(name) ? `"${name}"` : name}=${value}`)
  const line = (step === undefined ? words : [...words, `step=${step}`]).join(' ')
  const path = process.env.QALAM_METRICS_FILE
  if (!path || !append(path, `${line} time=${time}\n`)) process.stdout.write(`${line}\n`)
  return false
}

/** Katib's name for `report`. */
export const reportMetrics = report

function trialParameters() {
  try {
    const found = JSON.parse(process.env.QALAM_PARAMETERS ?? '{}')
    return typeof found === 'object' && found !== null ? found : {}
  } catch {
    warn('QALAM_PARAMETERS is no JSON object; the defaults are used')
    return {}
  }
}

function like(fallback, value) {
  if (typeof fallback === 'number') return Number(value)
  if (typeof fallback === 'boolean') return value === true || /^(1|true|yes)$/i.test(String(value))
  return typeof fallback === 'string' ? String(value) : value
}

function number(name, value) {
  const text = String(value).trim()
  const asNumber = /^[+-]?nan$/i.test(text) ? Number.NaN : Number(text === '' ? undefined : text)
  if (Number.isNaN(asNumber) && !/^[+-]?nan$/i.test(text))
    throw new TypeError(`${name}: expected a number, got ${JSON.stringify(value)}`)
  return asNumber
}

let lastMicroseconds = 0

/** Now, to the microsecond, and later than the last one: two reports are never taken for one that was sent twice. */
function stamp() {
  const now = Math.floor((performance.timeOrigin + performance.now()) * 1000)
  lastMicroseconds = Math.max(now, lastMicroseconds + 1)
  const fraction = String(lastMicroseconds % 1_000_000).padStart(6, '0')
  return `${new Date(lastMicroseconds / 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

function metricsUrl() {
  const { QALAM_SERVER_URL: server, QALAM_NAMESPACE: namespace = 'default' } = process.env
  const trial = process.env.QALAM_TRIAL_NAME || process.env.KATIB_TRIAL_NAME
  if (!server || !trial) return undefined
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/trials/${encodeURIComponent(trial)}/metrics`
  return server.replace(/\/$/, '') + path
}

async function post(url, values, step, time) {
  const metrics = values.map(([name, value]) => ({
    name,
    value: Number.isFinite(value) ? value : String(value),
    time,
    ...(step !== undefined && { step }),
  }))
  const body = JSON.stringify({ metrics, attempt: Number(process.env.QALAM_ATTEMPT) || 0 })
  const headers = { 'content-type': 'application/json', ...authorization() }
  for (const isLast of [false, true]) {
    try {
      const { status, text } = await send(url, headers, body)
      if (status < 300) return JSON.parse(text)
      if (!isLast && status >= 500) continue
      warn(`metrics were refused: ${status} ${text.slice(0, 500)}`)
      return undefined
    } catch (error) {
      if (isLast) warn(`metrics could not be sent to ${url}: ${error.cause?.message ?? error.message}`)
    }
  }
  return undefined
}

/** On a cluster the server's certificate is of an authority that QALAM_SERVER_CA holds, as PEM; `fetch` takes none. */
async function send(url, headers, body) {
  const { QALAM_SERVER_CA: ca } = process.env
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  if (!ca) {
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    return { status: response.status, text: await response.text() }
  }
  const { request } = await import('node:https')
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, ca, signal }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text })).on('error', reject)
    })
    sent.on('error', reject).end(body)
  })
}

function authorization() {
  try {
    return { authorization: `Bearer ${readFileSync(process.env.QALAM_TOKEN_FILE ?? '', 'utf8').trim()}` }
  } catch {
    return {}
  }
}

function append(path, text) {
  try {
    appendFileSync(path, text)
    return true
  } catch (error) {
    warn(`metrics could not be written to ${path}: ${error.message}`)
    return false
  }
}

function warn(message) {
  if (warned.has(message)) return
  warned.add(message)
  process.stderr.write(`qalam: ${message}\n`)
}
