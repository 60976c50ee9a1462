/** Experiments: list, get, create, delete, stop, resume, validate. */
import { z } from 'zod'
import { API_VERSION, Experiment } from '#api'
import { demandedVersion, tagVersion } from './conditional.ts'
import { InExperiment, InNamespace, type Resources, type Routes } from './context.ts'
import { Refusal } from './problem.ts'
import { queryOf } from './query.ts'
import type { ExperimentWrites } from './write.ts'

const ExperimentList = z.object({ items: z.array(Experiment), resourceVersion: z.string() })

export function experimentRoutes(app: Routes, resources: Resources, writes: ExperimentWrites): void {
  app.get(
    '/experiments',
    { schema: { tags: ['experiments'], response: { 200: ExperimentList } } },
    async (request, reply) => listed(resources, undefined, request, reply),
  )
  app.get(
    '/namespaces/:namespace/experiments',
    { schema: { tags: ['experiments'], params: InNamespace, response: { 200: ExperimentList } } },
    async (request, reply) => listed(resources, request.params.namespace, request, reply),
  )
  app.get(
    '/namespaces/:namespace/experiments/:name',
    { schema: { tags: ['experiments'], params: InExperiment, response: { 200: Experiment } } },
    async (request, reply) => {
      const experiment = resources.experiment(request.params)
      tagVersion(request, reply, experiment.metadata.resourceVersion ?? '')
      return experiment
    },
  )
  app.post(
    '/namespaces/:namespace/experiments',
    {
      schema: {
        tags: ['experiments'],
        summary: 'Create, from JSON or YAML; what is sound and probably not meant is told in Warning headers',
        params: InNamespace,
        body: z.unknown(),
        response: { 201: Experiment },
      },
    },
    async (request, reply) => {
      const experiment = experimentIn(request.body, request.params.namespace)
      const created = await writes.create(experiment, { onWarning: warner(reply) })
      resources.experiments.offer(created)
      const { namespace, name, resourceVersion } = created.metadata
      reply.code(201).header('location', `/api/v1/namespaces/${namespace}/experiments/${name}`)
      return reply.header('etag', `"${resourceVersion}"`).send(created)
    },
  )
  app.delete(
    '/namespaces/:namespace/experiments/:name',
    { schema: { tags: ['experiments'], params: InExperiment, response: { 202: z.object({ name: z.string() }) } } },
    async (request, reply) => {
      const experiment = resources.experiment(request.params)
      await writes.delete(request.params, demandedVersion(request, experiment.metadata.resourceVersion))
      return reply.code(202).send({ name: request.params.name })
    },
  )
  verbRoutes(app, resources, writes)
}

/** `{name}:verb`. The pattern keeps the colon out of the name. */
const verbPath = (verb: string) => `/namespaces/:namespace/experiments/:name(^[^:/]+)::${verb}`

function verbRoutes(app: Routes, resources: Resources, writes: ExperimentWrites): void {
  app.post(
    verbPath('stop'),
    {
      schema: {
        tags: ['experiments'],
        summary: 'No more trials start; with now, running ones are stopped',
        params: InExperiment,
        body: z.object({ now: z.boolean().default(false) }).nullish(),
        querystring: queryOf({ now: z.stringbool().optional() }),
        response: { 200: Experiment },
      },
    },
    async request => {
      const resourceVersion = demandedVersion(request, resources.experiment(request.params).metadata.resourceVersion)
      const now = request.query.now ?? request.body?.now ?? false
      const stopped = await writes.suspend(request.params, { now, ...(resourceVersion && { resourceVersion }) })
      resources.experiments.offer(stopped)
      return stopped
    },
  )
  app.post(
    verbPath('resume'),
    { schema: { tags: ['experiments'], params: InExperiment, response: { 200: Experiment } } },
    async request => {
      const experiment = resources.experiment(request.params)
      const resourceVersion = demandedVersion(request, experiment.metadata.resourceVersion)
      const resumed = await writes.resume(experiment, resourceVersion)
      resources.experiments.offer(resumed)
      return resumed
    },
  )
  app.post(
    verbPath('validate'),
    {
      schema: {
        tags: ['experiments'],
        summary: 'Admit and default, without storing; 422 with every problem, Warning headers for doubts',
        params: InExperiment,
        body: z.unknown(),
        response: { 200: Experiment },
      },
    },
    async (request, reply) => {
      const { namespace, name } = request.params
      const experiment = experimentIn(request.body, namespace)
      const named = { ...experiment, metadata: { ...experiment.metadata, name: experiment.metadata.name || name } }
      return writes.create(named, { dryRun: true, onWarning: warner(reply) })
    },
  )
}

/** A `Warning` header a sentence, as the Kubernetes API has them (RFC 7234, section 5.5). */
function warner(reply: Parameters<typeof tagVersion>[1]): (text: string) => void {
  const sentences: string[] = []
  return text => {
    sentences.push(`299 - ${JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, '?'))}`)
    reply.header('warning', sentences)
  }
}

function listed(
  resources: Resources,
  namespace: string | undefined,
  request: Parameters<typeof tagVersion>[0],
  reply: Parameters<typeof tagVersion>[1],
) {
  const { resourceVersion } = resources.experiments
  tagVersion(request, reply, resourceVersion)
  const items = resources.experiments
    .list(namespace)
    .toSorted(
      (a, b) =>
        compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name),
    )
  return { items, resourceVersion }
}

/** What a body must be before the Kubernetes API is asked, which does all further checks. */
function experimentIn(body: unknown, namespace: string): Experiment {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, `expected one Experiment as JSON or YAML, got ${namedBody(body)}`)
  const { apiVersion, kind, metadata } = body as Partial<Experiment>
  if (apiVersion !== API_VERSION || kind !== 'Experiment')
    throw new Refusal(
      422,
      `expected apiVersion ${API_VERSION} and kind Experiment, got ${apiVersion ?? 'none'} and ${kind ?? 'none'}`,
    )
  const named = metadata?.namespace ?? namespace
  if (named !== namespace)
    throw new Refusal(422, `metadata.namespace: expected ${namespace} as in the path, got "${named}"`)
  return { ...(body as Experiment), metadata: { ...(metadata as Experiment['metadata']), namespace } }
}

function namedBody(body: unknown): string {
  if (Array.isArray(body)) return 'a list'
  return body === null || body === undefined ? 'nothing' : `a ${typeof body}`
}

const compareText = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0)
