/** Katib's services of one machine on a gRPC server: a plaintext port, and connections that were proved elsewhere. */
import type { Socket } from 'node:net'
import { API_VERSION, type Trial } from '#api'
import type { Informers } from '#kube'
import type { ObservationStore } from '#store'
import { type Caller, Guard, type TrialsByName } from './caller.ts'
import { dbManagerHandlers } from './db-manager.ts'
import { earlyStoppingHandlers, type RecordEarlyStop } from './early-stopping.ts'
import { GrpcPort } from './grpc-port.ts'

export interface KatibWireOptions {
  readonly informers: Informers
  readonly observations: ObservationStore
  /** The server's own token; also the key of the trials' tokens. */
  readonly token: string
  readonly recordEarlyStop: RecordEarlyStop
  log(line: string): void
}

export interface KatibWire extends AsyncDisposable {
  /** Plaintext on loopback, for callers that need no proof. Port 0 is any free one. Rejects with EADDRINUSE. */
  listen(port: number): Promise<{ readonly address: string }>
  /** Speaks gRPC on a connection whose other end has shown `caller`. */
  adopt(socket: Socket, caller: Caller): void
}

export function createKatibWire(options: KatibWireOptions): KatibWire {
  const { informers, observations, token, recordEarlyStop, log } = options
  const guard = new Guard(trialsByName(informers), token)
  const port = new GrpcPort({
    log,
    services: {
      'api.v1.beta1.DBManager': dbManagerHandlers(guard, observations),
      'api.v1.beta1.EarlyStopping': earlyStoppingHandlers(guard, observations, recordEarlyStop),
    },
    isServing: async () => {
      await observations.summary('')
      return true
    },
  })
  return {
    listen: async number => ({ address: await port.listen('127.0.0.1', number) }),
    adopt: (socket, caller) => port.adopt(socket, caller),
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  }
}

function trialsByName(informers: Informers): TrialsByName {
  const trials = informers.of<Trial>(
    { apiVersion: API_VERSION, kind: 'Trial' },
    {
      indexes: {
        [BY_NAME]: trial => [trial.metadata.name],
        [BY_UID]: trial => [trial.metadata.uid ?? ''],
      },
    },
  )
  return {
    named: name => trials.byIndex(BY_NAME, name),
    byUid: uid => trials.byIndex(BY_UID, uid)[0],
  }
}

const BY_NAME = 'grpc.name'
const BY_UID = 'grpc.uid'
