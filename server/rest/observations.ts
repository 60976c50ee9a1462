/** Observations for the controllers of other processes; `remoteObservationStore` is the other end. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { type Clock, delay } from '#kube'
import { type ObservationStore, STILL_HERE_MS, spelledCurve } from '#store'
import type { Routes } from './context.ts'
import { queryOf } from './query.ts'

const MAX_BODY_BYTES = 16 * 1024 * 1024
const whole = z.coerce.number().int().min(0)

const Row = z.object({
  metricName: z.string(),
  value: z.string(),
  sequence: z.number().int(),
  time: z.string().optional(),
  step: z.number().optional(),
})
const Report = z.object({
  trialUid: z.string(),
  attempt: z.number().int(),
  stream: z.string(),
  rows: z.array(Row),
  final: z.boolean().optional(),
  diagnosis: z.string().optional(),
})
const OfTrial = z.object({ uid: z.string().min(1).max(253) })
const RowQuery = queryOf({
  metric: z.string().optional(),
  attempt: whole.optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
})

export function observationRoutes(app: Routes, observations: ObservationStore, clock: Clock): void {
  const config = { isForControllers: true }
  const bodyLimit = MAX_BODY_BYTES
  app.post('/append', { config, bodyLimit, schema: { hide: true, body: Report } }, async ({ body }) =>
    observations.append(body),
  )
  app.post(
    '/summaries',
    { config, bodyLimit, schema: { hide: true, body: z.object({ trialUids: z.array(z.string()) }) } },
    async ({ body }) => ({ summaries: Object.fromEntries(await observations.summaries(body.trialUids)) }),
  )
  const CurveQuery = queryOf({ metric: z.string(), points: whole })
  app.get(
    '/trials/:uid/curve',
    { config, schema: { hide: true, params: OfTrial, querystring: CurveQuery } },
    async ({ params, query }) => spelledCurve(await observations.curve(params.uid, query.metric, query.points)),
  )
  app.get(
    '/trials/:uid/rows',
    { config, schema: { hide: true, params: OfTrial, querystring: RowQuery } },
    async ({ params, query: { metric, attempt, from, to } }, reply) => {
      const rows = observations.rows(params.uid, {
        ...(metric === undefined ? {} : { metricName: metric }),
        ...(attempt === undefined ? {} : { attempt }),
        ...(from === undefined || to === undefined ? {} : { sequences: { from, to } }),
      })
      return reply.type(JSON_LINES).send(Readable.from(linesOf(rows), { objectMode: false }))
    },
  )
  app.get(
    '/changes',
    { config, schema: { hide: true, querystring: queryOf({ missed: whole }) } },
    async (request, reply) => {
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      reply.raw.once('close', () => gone.abort())
      const lines = withSigns(observations.changes(gone.signal, request.query.missed), clock, gone.signal)
      return reply.type(JSON_LINES).send(Readable.from(lines, { objectMode: false }))
    },
  )
  app.get('/trials/:uid/log-tail', { config, schema: { hide: true, params: OfTrial } }, async ({ params }) => ({
    text: await observations.logTail(params.uid),
  }))
  app.put(
    '/trials/:uid/log-tail',
    { config, bodyLimit, schema: { hide: true, params: OfTrial, body: z.object({ text: z.string() }) } },
    async ({ params, body }) => {
      await observations.putLogTail(params.uid, body.text)
      return {}
    },
  )
  app.get(
    '/trials',
    { config, schema: { hide: true, querystring: queryOf({ after: z.string().optional(), limit: whole }) } },
    async ({ query: { after, limit } }) => ({
      trialUids: await observations.trialUids({ ...(after === undefined ? {} : { after }), limit }),
    }),
  )
  app.post(
    '/sweep',
    { config, bodyLimit, schema: { hide: true, body: z.object({ gone: z.array(z.string()), forMs: whole }) } },
    async ({ body: { gone, forMs } }) => ({ swept: await observations.sweep(gone, forMs) }),
  )
  app.delete('/trials/:uid', { config, schema: { hide: true, params: OfTrial } }, async ({ params }) => {
    await observations.delete(params.uid)
    return {}
  })
}

const JSON_LINES = 'application/jsonl; charset=utf-8'

async function* linesOf(items: AsyncIterable<object>): AsyncIterable<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`
}

/** An empty line at the start and whenever nothing else was said for a while. */
async function* withSigns(changes: AsyncIterable<object>, clock: Clock, signal: AbortSignal): AsyncIterable<string> {
  yield '\n'
  const iterator = changes[Symbol.asyncIterator]()
  let next = iterator.next()
  while (!signal.aborted) {
    const quiet = new AbortController()
    const silence = delay(clock, STILL_HERE_MS, quiet.signal).then(
      () => undefined,
      () => undefined,
    )
    const heard = await Promise.race([next, silence])
    quiet.abort()
    if (heard === undefined) yield '\n'
    else if (heard.done) return
    else {
      yield `${JSON.stringify(heard.value)}\n`
      next = iterator.next()
    }
  }
}
