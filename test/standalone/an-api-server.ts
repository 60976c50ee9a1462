/** Embedded servers for tests: memory store, real clock unless given, no pods. */
import { customResourceDefinitions } from '#api'
import { type Clock, createClient, systemClock, type Transport, type WritingClient } from '#kube'
import { type ApiServer, type ApiServerOptions, createApiServer } from '#standalone'
import { createMemoryResourceStore, type ResourceStore } from '#store'

export interface TestApiServer extends AsyncDisposable {
  readonly server: ApiServer
  readonly client: WritingClient
  readonly transport: Transport
  readonly store: ResourceStore
  readonly log: readonly string[]
}

export async function anApiServer(
  options: Partial<Omit<ApiServerOptions, 'resources' | 'log'>> & { clock?: Clock; store?: ResourceStore } = {},
): Promise<TestApiServer> {
  const { store = createMemoryResourceStore(), ...rest } = options
  const log: string[] = []
  const server = await createApiServer({
    resources: store,
    admit: {},
    crds: customResourceDefinitions(),
    clock: systemClock,
    logs: { read: () => emptyLog() },
    log: line => void log.push(line),
    ...rest,
  })
  const transport = server.transport('test')
  return {
    server,
    transport,
    client: createClient(transport),
    store,
    log,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

async function* emptyLog(): AsyncIterable<Uint8Array> {}

/** A reply read to its end: status and parsed body. */
export async function ask(
  transport: Transport,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const response = await transport.send({ method, path, headers, ...(text === undefined ? {} : { body: text }) })
  const reply = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: replies of every kind are looked into, and a wrong look fails the test
  const parsed = (reply.startsWith('{') ? JSON.parse(reply) : reply) as any
  return { status: response.status, body: parsed, headers: response.headers }
}
