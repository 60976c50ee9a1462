/** A trial's log: from its pod while that exists, else the tail that the store kept. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { logContainer, type Resource, TRIAL_LABEL, type Trial } from '#api'
import type { ReadingClient } from '#kube'
import type { ObservationStore } from '#store'
import { InTrial, type Resources, type Routes } from './context.ts'
import { Refusal } from './problem.ts'
import { queryOf } from './query.ts'

const LogQuery = queryOf({
  follow: z.stringbool().default(false),
  tail: z.coerce.number().int().min(0).optional(),
  container: z.string().optional(),
  format: z.enum(['text', 'jsonl']).default('text'),
})

export function logRoutes(
  app: Routes,
  resources: Resources,
  client: ReadingClient,
  observations: ObservationStore,
): void {
  app.get(
    '/namespaces/:namespace/experiments/:name/trials/:trial/logs',
    { schema: { tags: ['trials'], params: InTrial, querystring: LogQuery, response: { 200: z.string() } } },
    async (request, reply) => {
      const trial = resources.trial(request.params)
      const { follow, tail, format } = request.query
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      const pod = await primaryPod(client, trial)
      const texts = pod
        ? client.logs(
            { namespace: request.params.namespace, name: pod.metadata.name },
            { container: request.query.container ?? logContainer(pod, trial), follow, tailLines: tail },
            gone.signal,
          )
        : await keptTail(trial, observations, tail)
      reply.type(format === 'text' ? 'text/plain; charset=utf-8' : 'application/jsonl; charset=utf-8')
      reply.header('x-accel-buffering', 'no')
      const body = Readable.from(format === 'text' ? texts : asJsonLines(texts), { objectMode: false })
      // Fastify sends a stream as it comes; to the client it is the string that the schema says.
      return body as unknown as string
    },
  )
}

/** The newest pod of a trial that counts as its primary one. */
export async function primaryPod(client: ReadingClient, trial: Trial): Promise<Resource | undefined> {
  const labels = { ...trial.spec.primaryPodLabels, [TRIAL_LABEL]: trial.metadata.name }
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: trial.metadata.namespace, labelSelector },
  )
  return items.toSorted((a, b) => created(a).localeCompare(created(b))).at(-1)
}

const created = (pod: Resource) => pod.metadata.creationTimestamp ?? ''

async function keptTail(trial: Trial, observations: ObservationStore, tail: number | undefined): Promise<Texts> {
  const text = await observations.logTail(trial.metadata.uid ?? '')
  if (text === undefined)
    throw new Refusal(404, `${trial.metadata.name}: its pod is gone and nothing of its log was kept`)
  return (async function* () {
    yield lastLines(text, tail)
  })()
}
type Texts = AsyncIterable<string>

function lastLines(text: string, tail: number | undefined): string {
  if (tail === undefined) return text
  const lines = text.replace(/\n$/, '').split('\n')
  return tail === 0 ? '' : `${lines.slice(-tail).join('\n')}\n`
}

/** `{"line": "..."}`, one for each line of the log. */
async function* asJsonLines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0) yield lines.map(line => `${JSON.stringify({ line })}\n`).join('')
  }
  if (rest !== '') yield `${JSON.stringify({ line: rest })}\n`
}
