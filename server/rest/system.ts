/** The server itself: liveness, readiness, version, algorithms, its description, and its figures for Prometheus. */
import { z } from 'zod'
import type { ObservationStore } from '#store'
import type { Resources, Routes } from './context.ts'
import { EXPOSITION_TYPE } from './exposition.ts'
import type { Figures } from './figures.ts'

/** An algorithm as users see it in a list. */
export const AlgorithmEntry = z.object({
  name: z.string(),
  title: z.string().optional(),
  source: z.string().optional(),
  /** What it asks of a space or of its settings. */
  needs: z.string().optional(),
  settings: z
    .array(
      z.object({
        name: z.string(),
        default: z.string().optional(),
        required: z.boolean().optional(),
        accepts: z.string().optional(),
        description: z.string().optional(),
      }),
    )
    .optional(),
})
export type AlgorithmEntry = z.output<typeof AlgorithmEntry>

export interface SystemOptions {
  readonly resources: Resources
  readonly observations: ObservationStore
  readonly version: string
  readonly algorithms: readonly AlgorithmEntry[]
  readonly figures: Figures
}

export function systemRoutes(
  app: Routes,
  { resources, observations, version, algorithms, figures }: SystemOptions,
): void {
  let areCachesFilled = false
  void Promise.all([resources.experiments.synced(), resources.trials.synced()]).then(
    () => {
      areCachesFilled = true
    },
    // The caches end with the server; then nobody asks whether it is ready.
    () => {},
  )
  const Check = z.object({ status: z.string(), waitingFor: z.array(z.string()).optional() })
  app.get(
    '/healthz',
    { config: { isOpen: true }, schema: { tags: ['system'], response: { 200: Check } } },
    async () => ({
      status: 'ok',
    }),
  )
  app.get(
    '/readyz',
    { config: { isOpen: true }, schema: { tags: ['system'], response: { 200: Check, 503: Check } } },
    async (_request, reply) => {
      const store = await observations.summaries([]).then(
        () => true,
        () => false,
      )
      const waitingFor = [
        ...(areCachesFilled ? [] : ['the first list of experiments and trials']),
        ...(store ? [] : ['the observation store']),
      ]
      if (waitingFor.length > 0) return reply.code(503).send({ status: 'not ready', waitingFor })
      return { status: 'ok' }
    },
  )
  app.get(
    '/version',
    { config: { isOpen: true }, schema: { tags: ['system'], response: { 200: z.object({ version: z.string() }) } } },
    async () => ({ version }),
  )
  app.get(
    '/api/v1/algorithms',
    { schema: { tags: ['system'], response: { 200: z.object({ algorithms: z.array(AlgorithmEntry) }) } } },
    async () => ({ algorithms: [...algorithms] }),
  )
  app.get('/openapi.json', { config: { isOpen: true }, schema: { hide: true } }, async () => app.swagger())
  app.get('/metrics', { schema: { tags: ['system'], response: { 200: z.string() } } }, async (_request, reply) =>
    reply.type(EXPOSITION_TYPE).send(figures.text()),
  )
}
