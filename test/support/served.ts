/** A real server for end-to-end tests: started on a directory of its own, with clients of both of its surfaces. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { API_VERSION, type Experiment } from '#api'
import { createClient, createInformers, httpsTransport, type Informers, systemClock, type WritingClient } from '#kube'
import { finished, says, start, temporaryDirectory } from './qalam.ts'

export interface Served extends AsyncDisposable {
  /** `--data-dir DIR`, for commands that find the server. */
  readonly at: readonly string[]
  readonly client: WritingClient
  readonly informers: Informers
  /** One request of REST below `/api/v1`, with the token. */
  rest(path: string, method?: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
  /** Resolves with the Experiment of namespace `default` as soon as it is as wanted. */
  until(name: string, isSo: (experiment: Experiment) => boolean): Promise<Experiment>
}

export async function served(): Promise<Served> {
  await using starting = new AsyncDisposableStack()
  const directory = starting.use(temporaryDirectory())
  const data = join(directory.path, 'data')
  const server = start(['server', '--data-dir', data])
  const over = finished(server)
  starting.defer(async () => {
    server.kill('SIGTERM')
    await over
  })
  const [, kubernetes, rest] = await says(server, 'stdout', /ready kubernetes=(\S+) rest=(\S+)/)
  const token = readFileSync(join(data, 'token'), 'utf8').trim()
  const ca = readFileSync(join(data, 'certificates', 'ca.crt'), 'utf8')
  const transport = httpsTransport({ server: kubernetes, ca, token })
  const informers = starting.use(createInformers({ transport, clock: systemClock, log: () => {} }))
  const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  await experiments.synced()
  const running = starting.move()
  return {
    at: ['--data-dir', data],
    client: createClient(transport),
    informers,
    async rest(path, method = 'GET') {
      const response = await fetch(`${rest}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    until(name, isSo) {
      const { promise, resolve } = Promise.withResolvers<Experiment>()
      const look = () => {
        const found = experiments.get('default', name)
        if (found && isSo(found)) resolve(found)
      }
      const listening = experiments.onChange(look)
      look()
      return promise.finally(() => listening[Symbol.dispose]())
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
