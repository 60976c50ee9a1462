/** A gRPC server with some services, their health and their descriptions. */
import type { Socket } from 'node:net'
import * as grpc from '@grpc/grpc-js'
import type { Caller } from './caller.ts'
import { healthHandlers } from './health.ts'
import { addReflection } from './reflection.ts'
import { addService, type Handlers } from './wire.ts'

// What fails is thrown or answered; the library need not print it as well.
grpc.setLogVerbosity(grpc.logVerbosity.NONE)

export interface GrpcPortOptions {
  /** Handlers by the full name of their service. */
  readonly services: Readonly<Record<string, Handlers>>
  /** Further names that health probes use. */
  readonly alsoHealthy?: readonly string[]
  isServing(): Promise<boolean>
  log(line: string): void
}

export class GrpcPort implements AsyncDisposable {
  readonly #server = new grpc.Server(LIMITS)
  readonly #injector = this.#server.createConnectionInjector(grpc.ServerCredentials.createInsecure())
  /** What adopted connections have shown, by the address of their other end. */
  readonly #shown = new Map<string, Caller>()

  constructor({ services, alsoHealthy = [], isServing, log }: GrpcPortOptions) {
    const options = { ofConnection: (peer: string) => this.#shown.get(peer), log }
    for (const [name, handlers] of Object.entries(services)) addService(this.#server, name, handlers, options)
    const names = new Set(['', HEALTH, ...Object.keys(services), ...alsoHealthy])
    addService(this.#server, HEALTH, healthHandlers(names, isServing), options)
    addReflection(this.#server, [...Object.keys(services), HEALTH])
  }

  /** Resolves with `HOST:PORT`. Rejects with the code EADDRINUSE when the port is taken. */
  async listen(host: string, port: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(withCode(error)) : resolve(bound),
    )
    return `${host}:${await promise}`
  }

  adopt(socket: Socket, caller: Caller): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    this.#shown.set(peer, caller)
    socket.once('close', () => this.#shown.delete(peer))
    this.#injector.injectConnection(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    this.#injector.destroy()
    this.#server.tryShutdown(() => resolve())
    const late = setTimeout(() => this.#server.forceShutdown(), LAST_CALLS_MS)
    await closed
    clearTimeout(late)
  }
}

/** The library puts the cause into the message alone. */
function withCode(error: Error): Error {
  const code = /\b(EADDRINUSE|EACCES)\b/.exec(error.message)?.[1]
  return code === undefined ? error : Object.assign(error, { code })
}

const HEALTH = 'grpc.health.v1.Health'
/** What calls under way get when the server ends. */
const LAST_CALLS_MS = 1_000
const LIMITS: grpc.ServerOptions = {
  // Katib's collector sends the whole log of a trial as one message: room for some 400,000 values.
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  'grpc.max_concurrent_streams': 128,
  // A peer that is gone without a word is noticed.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
}
