/** The REST server: a doorkeeper before every route, every refusal a problem+json. */
import type { Server as TlsServer } from 'node:tls'
import swagger from '@fastify/swagger'
import fastify, { type InjectOptions, type LightMyRequestResponse } from 'fastify'
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Clock, Informers } from '#kube'
import { OBSERVATIONS_PATH, type ObservationStore } from '#store'
import type { ServerIdentity } from '../admission/webhook-server.ts'
import type { KatibUi } from '../katib-ui/call.ts'
import { katibUiRoutes } from '../katib-ui/routes.ts'
import { acceptBodies, BODY_LIMIT_BYTES, readRest } from './body.ts'
import { NotModified } from './conditional.ts'
import { containerLogRoutes } from './container-log.ts'
import { Resources, type Routes } from './context.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { experimentRoutes } from './experiments.ts'
import { type ApiRequests, countFigures, type Figures, type ReportTimes } from './figures.ts'
import { logRoutes } from './logs.ts'
import { observationRoutes } from './observations.ts'
import { Refusal, sendProblem } from './problem.ts'
import { pushReceiver, pushRoutes } from './push.ts'
import { reportRoutes } from './push-report.ts'
import { NO_QUERY } from './query.ts'
import { resultRoutes } from './results.ts'
import { type AlgorithmEntry, systemRoutes } from './system.ts'
import { trainerStatusRoutes } from './trainer-status.ts'
import { trialRoutes } from './trials.ts'
import { whyRoutes } from './why.ts'
import { experimentWrites, trialNotes } from './write.ts'

export interface RestServerOptions {
  /** Reads pods and logs, writes Experiments. */
  readonly client: Parameters<typeof experimentWrites>[0]
  /** The process's shared caches; Experiments and Trials are watched from now on. */
  readonly informers: Informers
  readonly observations: ObservationStore
  readonly doorkeeper: Doorkeeper
  /** The back end of Katib's UI, under /katib/; its ConfigMaps are in this namespace. */
  readonly katibUi?: Pick<KatibUi, 'coreNamespace' | 'isNamespaced'>
  /** Serves observations to controllers of other processes as well (`remoteObservationStore`). */
  readonly servesControllers?: boolean
  /** HTTPS with this certificate; absent: HTTP. */
  readonly tls?: ServerIdentity
  readonly clock: Clock
  readonly version: string
  readonly algorithms: readonly AlgorithmEntry[]
  /** Of the embedded Kubernetes API; absent where it is another process. */
  readonly apiRequests?: ApiRequests
  /** Of collectors in this process. */
  readonly reportTimes?: ReportTimes
  /** Receives one line for each internal error, and for each write of somebody whom the cluster knows. */
  log(line: string): void
}

export interface RestServer extends AsyncDisposable {
  /** Listens, on loopback unless it is told otherwise; port 0 is any free one. Rejects with EADDRINUSE when the port is taken. */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ readonly url: string }>
  /** Connections from now on see this certificate. */
  renew(tls: ServerIdentity): void
  /** One request without a socket, for tests. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
}

export async function createRestServer(options: RestServerOptions): Promise<RestServer> {
  const { tls } = options
  const app: Routes = instanceOf(tls)
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(() => value => JSON.stringify(value))
    .withTypeProvider<ZodTypeProvider>()
  const resources = new Resources(options.informers)
  const figures = countFigures(resources, options.version, options.apiRequests, options.reportTimes)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Qalam', version: options.version },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  })
  app.addHook('onRoute', route => {
    route.schema = { querystring: NO_QUERY, ...route.schema }
  })
  acceptBodies(app)
  answerRefusals(app, options.log)
  app.addHook('onRequest', async request => options.doorkeeper.admit(request))
  countRequests(app, options.clock, figures)
  noteWrites(app, options.log)
  addRoutes(app, resources, figures, options)
  await app.ready()
  return {
    async listen({ port, host = '127.0.0.1' }) {
      await app.listen({ port, host })
      const address = app.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      return { url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}` }
    },
    renew({ cert, key }) {
      // Made with `tls` it is a TLS server.
      if (tls) (app.server as unknown as TlsServer).setSecureContext({ cert, key })
    },
    inject: request => app.inject(request),
    async [Symbol.asyncDispose]() {
      figures[Symbol.dispose]()
      await app.close()
    },
  }
}

function instanceOf(tls: ServerIdentity | undefined): Routes {
  const options = {
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: replaced, buildSerializer: replaced } },
  }
  if (tls === undefined) return fastify(options)
  // The routes are the same on either server.
  return fastify({ ...options, https: { cert: tls.cert, key: tls.key } }) as unknown as Routes
}

/** Stands for Fastify's own compilers, which would otherwise be loaded, half of its start, only to be replaced. */
function replaced(): never {
  throw new Error('a schema was compiled before its compiler was set')
}

function addRoutes(app: Routes, resources: Resources, figures: Figures, options: RestServerOptions): void {
  const { client, observations, clock, version, algorithms } = options
  systemRoutes(app, { resources, observations, version, algorithms, figures })
  const receive = pushReceiver({ resources, observations, clock })
  app.register(
    async api => {
      const routes: Routes = api.withTypeProvider<ZodTypeProvider>()
      experimentRoutes(routes, resources, experimentWrites(client))
      resultRoutes(routes, resources, observations, clock)
      trialRoutes(routes, resources, observations)
      whyRoutes(routes, { resources, client, observations, clock })
      logRoutes(routes, resources, client, observations)
      containerLogRoutes(routes, resources, client)
      pushRoutes(routes, resources, receive)
      reportRoutes(routes, { resources, observations, notes: trialNotes(client, clock) })
    },
    { prefix: '/api/v1' },
  )
  if (options.katibUi) {
    const ui = { resources, client, observations, clock, ...options.katibUi }
    app.register(async api => katibUiRoutes(api.withTypeProvider<ZodTypeProvider>(), ui, options.log), {
      prefix: '/katib',
    })
  }
  if (options.servesControllers)
    app.register(async api => observationRoutes(api.withTypeProvider<ZodTypeProvider>(), observations, clock), {
      prefix: OBSERVATIONS_PATH,
    })
  app.register(async api => trainerStatusRoutes(api.withTypeProvider<ZodTypeProvider>(), receive))
}

function answerRefusals(app: Routes, log: (line: string) => void): void {
  app.setErrorHandler(async (cause, request, reply) => {
    if (cause instanceof NotModified) return reply.code(304).send()
    const refusal = Refusal.from(cause)
    if (refusal.status === 413) await readRest(request.raw)
    if (refusal.status >= 500) log(`${request.method} ${request.url}: ${cause instanceof Error ? cause.stack : cause}`)
    return sendProblem(refusal, request, reply)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new Refusal(404, `nothing answers ${request.method} ${request.url}`), request, reply),
  )
}

/** Who changed what, or wanted to, one line each: the store writes with its own account, so the API server's log has only that. */
function noteWrites(app: Routes, log: (line: string) => void): void {
  app.addHook('onResponse', async ({ askedBy, method, url }, { statusCode }) => {
    if (askedBy !== undefined && method !== 'GET' && method !== 'HEAD')
      log(`${askedBy} ${method} ${url}: ${statusCode}`)
  })
}

function countRequests(app: Routes, clock: Clock, figures: Figures): void {
  const started = new WeakMap<object, number>()
  app.addHook('onRequest', async request => {
    started.set(request.raw, clock.monotonicMs())
  })
  app.addHook('onResponse', async (request, reply) => {
    const beganMs = started.get(request.raw) ?? clock.monotonicMs()
    figures.answered({
      method: request.method,
      status: reply.statusCode,
      seconds: (clock.monotonicMs() - beganMs) / 1000,
    })
  })
}
