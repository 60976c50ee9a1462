/**
 * A sink over REST: `POST .../trials/TRIAL/reports` with the trial's token. `node:http` is taken as it is, since importing it
 * brings the whole of fetch along, ten megabytes for a sidecar.
 */
import { readFileSync } from 'node:fs'
import type { LossReason } from '#api'
import type { Sink } from '../collector.ts'

export interface RestSinkOptions {
  /** Of the server, without `/api/v1`. */
  readonly url: string
  readonly namespace: string
  readonly trial: string
  /** Read at every report: tokens are renewed. */
  readonly tokenFile: string
  /** PEM of the authority of the server's certificate; absent: a public one. */
  readonly ca?: string
  /** Told once of what the server will never take; it is dropped, counted, and told again with the final. */
  onDropped(sentence: string): void
}

export interface RestSink extends Sink {
  /** Something is lost that should have been reported; told with the final. */
  lost(reason: LossReason, sentence: string): void
  /** Says that the trial's stopping rules have held. Rejects while the server is away. */
  stopEarly(): Promise<void>
}

type Report = Pick<Parameters<Sink['report']>[0], 'stream' | 'rows' | 'final' | 'diagnosis'> & { earlyStopped?: true }

const TIMEOUT_MS = 30_000

export function restSink(options: RestSinkOptions): RestSink {
  const { namespace, trial } = options
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/trials/${encodeURIComponent(trial)}/reports`
  const url = new URL(options.url.replace(/\/$/, '') + path)
  let dropped = 0
  let because = ''
  const losses: string[] = []
  const send = async (body: Report) => {
    const { status, text } = await post(url, options, JSON.stringify(body))
    if (status < 300) return
    const sentence = `the server answered ${status}: ${text.slice(0, 500)}`
    if (!FOR_GOOD.has(status)) throw new Error(sentence)
    if (because === '') options.onDropped(sentence)
    because ||= sentence
    dropped += body.rows.length
  }
  const lost = (reason: LossReason, sentence: string) => void losses.push(`${reason}: ${sentence}`)
  const told = (diagnosis: string | undefined) => {
    if (dropped > 0) lost('ReportsRefused', `${dropped} values were refused and are lost: ${because}`)
    const all = [...(diagnosis === undefined ? [] : [diagnosis]), ...losses].join('; ')
    return all === '' ? undefined : all.slice(0, MAX_DIAGNOSIS)
  }
  return {
    lost,
    // The token says whose report it is, and of which attempt.
    report({ stream, rows, final, diagnosis }) {
      if (final && dropped > 0) options.onDropped(`${dropped} values in all`)
      return send({ stream, rows, final, diagnosis: final ? told(diagnosis) : diagnosis })
    },
    stopEarly: () => send({ stream: 'rules', rows: [], earlyStopped: true }),
  }
}

/** As the server takes it. */
const MAX_DIAGNOSIS = 4_096

/** The trial is gone, or the report cannot be one: asking again helps nobody. */
const FOR_GOOD = new Set([400, 404, 410, 413, 422])

function post(url: URL, { tokenFile, ca }: RestSinkOptions, body: string): Promise<{ status: number; text: string }> {
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
  }
  const authority = ca === undefined ? {} : { ca }
  const sent = request(url, { method: 'POST', headers, timeout: TIMEOUT_MS, ...authority }, response => {
    let text = ''
    response.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    response.on('error', reject)
  })
  sent.on('timeout', () => sent.destroy(new Error(`${url.host} did not answer within ${TIMEOUT_MS / 1000} s`)))
  sent.on('error', reject)
  sent.end(body)
  return promise
}
