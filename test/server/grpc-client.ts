/** A client of one of Katib's services, as a peer on the wire: requests and replies cross a real connection. */
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { root } from '../house/source-files.ts'

export interface Peer extends Disposable {
  /** The reply, or the status as `CODE: sentence`. */
  ask(method: string, request: object, headers?: Readonly<Record<string, string>>): Promise<unknown>
}

const proto = (name: string) => join(root, 'server/grpc/proto', `${name}.proto`)
const descriptions = loadSync([proto('api'), proto('health')], {
  enums: String,
  defaults: true,
  arrays: true,
  objects: true,
})

export function aPeer(address: string, service: string, options: grpc.ClientOptions = {}): Peer {
  const definition = descriptions[service] as grpc.ServiceDefinition
  const Client = grpc.makeClientConstructor(definition, service)
  const client = new Client(address, grpc.credentials.createInsecure(), options)
  return {
    ask(method, request, headers = {}) {
      const metadata = new grpc.Metadata()
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
      const { promise, resolve } = Promise.withResolvers<unknown>()
      client[method](request, metadata, (error: grpc.ServiceError | null, reply: unknown) =>
        resolve(error ? `${grpc.status[error.code]}: ${error.details}` : reply),
      )
      return promise
    },
    [Symbol.dispose]: () => client.close(),
  }
}
