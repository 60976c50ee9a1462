/**
 * How soon the admission webhooks answer: `node bench/webhook.ts [--rate 500] [--seconds 20]`. JSON on stdout, a table on stderr.
 *
 * Direct AdmissionReviews over HTTPS connections that are kept, half of them to be defaulted and half to be judged, at a
 * constant rate whether answers are late or not: the time of each is from when it was due. The client has a process of its
 * own. Goal: p99 below 50 ms at 500 reviews a second.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { systemClock } from '#kube'
import { createWebhookServer } from '#server'
import { admissionPolicies } from '../cli/cluster/admission-policies.ts'
import { renewed } from '../cli/cluster/certificates.ts'
import { Creators } from '../cli/cluster/creators.ts'
import { knowledge } from '../cli/knowledge.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '20' },
    port: { type: 'string' },
  },
})
/** The reviews name no user, so that nobody is asked about one: an access review is another's time. */
const strangers = new Creators({
  transport: { send: () => Promise.reject(new Error('nobody is asked')) },
  clock: systemClock,
  places: async () => undefined,
  key: async () => 'key',
})

const [rate, seconds] = [Number(values.rate), Number(values.seconds)]
if (values.port === undefined) await serve()
else await ask(Number(values.port))

async function serve(): Promise<void> {
  const certificates = await renewed({}, ['localhost'], new Date())
  await using server = createWebhookServer({
    policies: admissionPolicies({
      get: async () => undefined,
      knowledge,
      creators: strangers,
      creatorMode: 'warn',
      pods: () => ({}),
    }),
    identity: { cert: certificates['tls.crt'], key: certificates['tls.key'] },
    log: line => process.stderr.write(`${line}\n`),
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const client = fork(import.meta.filename, [...process.argv.slice(2), '--port', String(port)], {
    env: { ...process.env, CA: certificates['ca.crt'] },
  })
  const before = process.cpuUsage()
  const code = await new Promise(resolve => client.once('close', resolve))
  const { user, system } = process.cpuUsage(before)
  process.stderr.write(`server: ${((user + system) / 1e6).toFixed(1)} CPU s, ${megabytes()} MiB\n`)
  process.exitCode = Number(code)
}

function megabytes(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}

async function ask(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32, ca: process.env.CA })
  const experiment = parse(readFileSync(join(import.meta.dirname, '../examples/quadratic/experiment.yaml'), 'utf8'))
  const review = (i: number) =>
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: String(i), operation: 'CREATE', object: { ...experiment, metadata: { name: `e-${i}` } } },
    })
  const send = (i: number) =>
    new Promise<number>((resolve, reject) => {
      const path = i % 2 === 0 ? '/mutate-experiment' : '/validate-experiment'
      const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path, method: 'POST', agent }, reply => {
        let text = ''
        reply.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        reply.on('end', () => {
          if (JSON.parse(text).response?.allowed) resolve(performance.now())
          else reject(new Error(`not admitted: ${text}`))
        })
      })
      sent.once('error', reject).end(review(i))
    })
  // What is compiled by the first ones is not what is asked here.
  for (let i = 0; i < 500; i++) await send(i)
  const startMs = performance.now()
  const times: Promise<number>[] = []
  for (let i = 0; i < rate * seconds; i++) {
    const dueMs = startMs + (i * 1_000) / rate
    const leftMs = dueMs - performance.now()
    if (leftMs > 0) await new Promise(resolve => setTimeout(resolve, leftMs))
    times.push(send(i).then(endMs => endMs - dueMs))
  }
  const sorted = (await Promise.all(times)).sort((a, b) => a - b)
  const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] as number).toFixed(2))
  const figures = { rate, reviews: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), goalP99Ms: 50 }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  process.stderr.write(
    `${figures.reviews} reviews at ${rate}/s: p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms, max ${figures.maxMs} ms\n`,
  )
  agent.destroy()
}
