/**
 * The HTTP proxy of trials: gRPC clients that honour `grpc_proxy` reach Katib's DBManager through it, by the name that only
 * a cluster resolves, and show on the way which trial they are (RFC 9110, sections 9.3.6 CONNECT and 11.7 Basic).
 *
 * Connections to `katib-db-manager` are answered here whoever asks, so that a foreign token is refused by a gRPC status with
 * a sentence and not by a broken connection. Everything else is tunnelled, for trials alone.
 */
import type { IncomingMessage, Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { readTrialToken, trialToken } from '../rest/guard.ts'
import type { KatibWire } from './katib-wire.ts'

export interface TrialProxyOptions {
  /** The port to listen on where it is free; else, and without it, any free one. */
  readonly port?: number
  /** The key of the trials' tokens. */
  readonly token: string
  /** Called at the first connection to Katib's DBManager. */
  wire(): Promise<KatibWire>
  log(line: string): void
}

export interface TrialProxy extends AsyncDisposable {
  readonly port: number
  /** What the environment of a trial's pod has as `grpc_proxy`. */
  urlFor(trialUid: string, attempt?: number): string
}

export async function openTrialProxy(options: TrialProxyOptions): Promise<TrialProxy> {
  const { createServer } = await import('node:http')
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => {
    response.writeHead(405, { 'content-type': 'text/plain' }).end('this proxy carries gRPC alone: ask it to CONNECT\n')
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('connect', (request, socket, head) => {
    // Node's server listens on TCP, so what it accepts are sockets.
    void carry(request, socket as Socket, head, options)
  })
  const port = await listening(server, options.port)
  return {
    port,
    urlFor: (uid, attempt) => `http://${uid}:${trialToken(options.token, uid, attempt)}@127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
      await promise
    },
  }
}

async function carry(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  { token, wire, log }: TrialProxyOptions,
): Promise<void> {
  // A client that goes away is its own concern.
  socket.on('error', () => socket.destroy())
  const target = request.url ?? ''
  const shown = basic(request.headers['proxy-authorization'])
  if (KATIB_DB_MANAGER.test(target)) {
    try {
      const katib = await wire()
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (head.length > 0) socket.unshift(head)
      katib.adopt(socket, shown)
    } catch (cause) {
      log(`Katib's gRPC services do not open: ${(cause as Error).message}`)
      refuse(socket, '503 Service Unavailable', 'the gRPC services do not open; the server has logged why')
    }
    return
  }
  const { uid = '', token: shownToken } = shown
  if (readTrialToken(token, uid, shownToken) === undefined) {
    refuse(socket, '407 Proxy Authentication Required', 'this proxy is for trials, with their UID and token')
    return
  }
  tunnel(socket, head, target)
}

const KATIB_DB_MANAGER = /^katib-db-manager(\.[a-z0-9.-]+)?:6789$/i

function tunnel(socket: Socket, head: Buffer, target: string): void {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(target) ?? []
  if (host === undefined) {
    refuse(socket, '400 Bad Request', 'expected CONNECT HOST:PORT')
    return
  }
  const upstream = connect({ host, port: Number(port) })
  upstream.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
  })
  upstream.once('error', cause => {
    if (upstream.connecting || upstream.bytesRead === 0) refuse(socket, '502 Bad Gateway', cause.message)
    else socket.destroy()
  })
  socket.once('close', () => upstream.destroy())
}

function refuse(socket: Socket, status: string, sentence: string): void {
  const more = status.startsWith('407') ? 'Proxy-Authenticate: Basic realm="qalam"\r\n' : ''
  socket.end(
    `HTTP/1.1 ${status}\r\n${more}Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(sentence)}\r\nConnection: close\r\n\r\n${sentence}`,
  )
}

/** Without proof the token is empty: nobody's. */
function basic(header: string | undefined): { readonly uid?: string; readonly token: string } {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  const [, uid, token] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  return uid === undefined ? { token: '' } : { uid, token }
}

async function listening(server: Server, port = 0): Promise<number> {
  try {
    return await listenOn(server, port)
  } catch (cause) {
    if (port === 0 || (cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    return listenOn(server, 0)
  }
}

function listenOn(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', () => {
    server.off('error', reject)
    // A server that listens on TCP has a port.
    resolve((server.address() as AddressInfo).port)
  })
  return promise
}
