/** Services of `proto/` on a gRPC server: handlers are async functions, and what they throw becomes a status. */
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader'
import { type Caller, callerOf } from './caller.ts'
import { Refusal } from './refusal.ts'

/** Resolves with the fields of the reply. */
// A handler names its own request; the wire hands it what the request's message says.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Handler = (request: any, caller: Caller) => Promise<object>
/** By method, as `proto/` names them. */
export type Handlers = Readonly<Record<string, Handler>>

export interface WireOptions {
  /** What the connection of this peer showed, where it showed something. */
  ofConnection(peer: string): Caller | undefined
  /** Receives one line for each failure of ours. */
  log(line: string): void
}

/**
 * Adds a service, with a handler for each of its methods. One message holds what Katib's sidecar sends at the end of a
 * trial, its whole log.
 */
export function addService(server: grpc.Server, name: string, handlers: Handlers, options: WireOptions): void {
  const methods: Record<string, grpc.handleUnaryCall<unknown, object>> = {}
  for (const [method, handler] of Object.entries(handlers)) {
    methods[method] = (call, callback) => {
      const answer = async () =>
        handler(call.request, callerOf(call.metadata, options.ofConnection(call.getPeer()), call.getPeer()))
      answer().then(
        reply => callback(null, reply),
        error => callback(statusOf(error, `${name}/${method}`, options.log)),
      )
    }
  }
  server.addService(serviceOf(name), methods)
}

export function serviceOf(name: string): grpc.ServiceDefinition {
  messages ??= load({ longs: Number, enums: String, defaults: true, arrays: true, objects: true })
  // `name` is that of a service of `proto/`.
  return messages[name] as grpc.ServiceDefinition
}
let messages: PackageDefinition | undefined

export function load(options: Options): PackageDefinition {
  return loadSync(
    ['api', 'health', 'reflection-v1', 'reflection-v1alpha'].map(name =>
      join(import.meta.dirname, 'proto', `${name}.proto`),
    ),
    options,
  )
}

function statusOf(error: unknown, method: string, log: (line: string) => void): Partial<grpc.StatusObject> {
  if (error instanceof Refusal) return { code: error.code, details: error.message }
  log(`gRPC ${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return { code: grpc.status.INTERNAL, details: 'internal error; the server has logged it' }
}
