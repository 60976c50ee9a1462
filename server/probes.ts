/** What a kubelet and Prometheus ask of a process: `/healthz`, `/readyz` and `/metrics` over plain HTTP, without a token. */
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ProbesOptions {
  /** What the process still waits for, in words; empty: it is ready. */
  waitingFor(): Promise<readonly string[]> | readonly string[]
  /** In Prometheus' text format; absent: 404. */
  readonly metrics?: { readonly contentType: string; metrics(): string }
}

export interface Probes extends AsyncDisposable {
  readonly port: number
}

/** `/readyz` lists what is waited for, with code 503. Rejects with EADDRINUSE; port 0 is any free one. */
export async function startProbes(
  options: ProbesOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Probes> {
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer((request, response) => {
    answer(request.url?.split('?')[0], response, options).catch(cause => {
      if (!response.headersSent) response.writeHead(500, PLAIN)
      response.end(`${(cause as Error).message}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

async function answer(path: string | undefined, response: ServerResponse, options: ProbesOptions): Promise<void> {
  const { metrics } = options
  if (path === '/healthz') {
    response.writeHead(200, PLAIN).end('ok\n')
  } else if (path === '/readyz') {
    const waitingFor = await options.waitingFor()
    response.writeHead(waitingFor.length === 0 ? 200 : 503, PLAIN)
    response.end(waitingFor.length === 0 ? 'ok\n' : `waiting for ${waitingFor.join(', ')}\n`)
  } else if (path === '/metrics' && metrics) {
    response.writeHead(200, { 'content-type': metrics.contentType }).end(metrics.metrics())
  } else response.writeHead(404, PLAIN).end('expected /healthz, /readyz or /metrics\n')
}
