/** Server reflection, v1 and v1alpha: what is served, for grpcurl and clients without our `.proto` files. */
import * as grpc from '@grpc/grpc-js'
import { describedFiles } from './described-files.ts'
import { serviceOf } from './wire.ts'

interface ReflectionRequest {
  readonly fileByFilename?: string
  readonly fileContainingSymbol?: string
  readonly listServices?: string
  readonly messageRequest?: string
}

export function addReflection(server: grpc.Server, names: readonly string[]): void {
  const services = [...names, ...VERSIONS]
  for (const version of VERSIONS) {
    server.addService(serviceOf(version), {
      ServerReflectionInfo(stream: grpc.ServerDuplexStream<ReflectionRequest, object>) {
        stream.on('data', (request: ReflectionRequest) =>
          stream.write({ originalRequest: request, ...answer(request, services) }),
        )
        stream.on('end', () => stream.end())
      },
    })
  }
}

const VERSIONS = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection']

function answer(request: ReflectionRequest, services: readonly string[]): object {
  const { fileByFilename: filename, fileContainingSymbol: symbol, listServices } = request
  if (listServices !== undefined) return { listServicesResponse: { service: services.map(name => ({ name })) } }
  if (filename === undefined && symbol === undefined)
    return refused('UNIMPLEMENTED', 'files are found by name or by symbol; there are no extensions')
  const file = describedFiles().find(({ name, symbols }) => name === filename || (symbol && symbols.has(symbol)))
  if (!file) return refused('NOT_FOUND', `nothing is known of ${filename ?? symbol}`)
  return { fileDescriptorResponse: { fileDescriptorProto: [file.bytes] } }
}

function refused(code: 'NOT_FOUND' | 'UNIMPLEMENTED', errorMessage: string): object {
  return { errorResponse: { errorCode: grpc.status[code], errorMessage } }
}
