/**
 * The webhook server: HTTPS for API servers, one policy a path. It holds no state and asks nobody.
 *
 * A policy that fails for a reason of its own is code 500, which the API server takes as "the webhook is down": with
 * failurePolicy Ignore the write then passes, and the controllers judge the stored object.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson } from '#api'
import { answerReview, type Policy } from './review.ts'

export interface WebhookServerOptions {
  /** By path, such as `/validate-experiment`. */
  readonly policies: ReadonlyMap<string, Policy>
  /** PEM. */
  readonly identity: ServerIdentity
  log(line: string): void
}

export interface ServerIdentity {
  readonly cert: string
  readonly key: string
}

export interface WebhookServer extends AsyncDisposable {
  /** Port 0: any free one. Rejects with EADDRINUSE. */
  listen(options: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** Connections from now on see this certificate; open ones go on. */
  renew(identity: ServerIdentity): void
}

export function createWebhookServer({ policies, identity, log }: WebhookServerOptions): WebhookServer {
  const { createServer } = process.getBuiltinModule('node:https')
  const server = createServer({ ...identity, ...TIMES }, (request, response) => {
    answer(request, response, policies).catch(cause => {
      if (!response.headersSent) send(response, 500, { error: 'internal error' })
      log(`webhook ${request.url}: ${(cause as Error).stack ?? cause}`)
    })
  })
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve({ port: (server.address() as AddressInfo).port })
        })
      }),
    renew: next => server.setSecureContext({ ...next }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS)
      await closed
      clearTimeout(late)
    },
  }
}

/** API servers keep connections; one that is closed under a request is a lost answer. */
const TIMES = { keepAliveTimeout: 120_000, requestTimeout: 30_000, headersTimeout: 10_000 }
const LAST_ANSWERS_MS = 1_000

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  policies: ReadonlyMap<string, Policy>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://localhost')
  const policy = policies.get(pathname)
  if (policy === undefined) return send(response, 404, { error: `nothing is judged at ${pathname}` })
  if (request.method !== 'POST') return send(response, 405, { error: 'expected a POST of an AdmissionReview' })
  const text = await textOf(request)
  if (text === undefined) return send(response, 413, { error: 'the review is too large' })
  try {
    send(response, 200, await answerReview(parseJson(text), policy))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    send(response, 400, { error: cause.message })
  }
}

/** An object of 3 MiB, the API server's own limit, twice. */
const MAX_BODY_BYTES = 7 * 1024 * 1024

async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length
    // Read to its end all the same: a sender that is cut off never sees the answer.
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer)
  }
  return sizeBytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) })
  response.end(text)
}
