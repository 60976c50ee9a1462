/** Katib's services of one machine on a gRPC server: a plaintext port, and connections that were proved elsewhere. */
import type { Socket } from 'node:net'
import { API_VERSION, type Trial } from '#api'
import type { Informers } from '#kube'
import type { ObservationStore } from '#store'
import { type Caller, Guard, type TrialsByName } from './caller.ts'
import { ClusterCallers, type ClusterTrust } from './cluster-callers.ts'
import { dbManagerHandlers } from './db-manager.ts'
import { earlyStoppingHandlers, type RecordEarlyStop } from './early-stopping.ts'
import { GrpcPort } from './grpc-port.ts'

export type KatibWireOptions = {
  readonly informers: Informers
  readonly observations: ObservationStore
  readonly recordEarlyStop: RecordEarlyStop
  log(line: string): void
} & (OnOneMachine | OnACluster)

interface OnOneMachine {
  /** The server's own token; also the key of the trials' tokens. */
  readonly token: string
}
interface OnACluster {
  readonly cluster: ClusterTrust
}

export interface KatibWire extends AsyncDisposable {
  /** Plaintext, on loopback unless told otherwise, for callers that bring no proof. Port 0 is any free one. Rejects with EADDRINUSE. */
  listen(port: number, host?: string): Promise<{ readonly address: string }>
  /** Speaks gRPC on a connection whose other end has shown `caller`. */
  adopt(socket: Socket, caller: Caller): void
}

export function createKatibWire(options: KatibWireOptions): KatibWire {
  const { informers, observations, recordEarlyStop, log } = options
  const trials = trialsByName(informers)
  const callers = 'cluster' in options ? new ClusterCallers(trials, options.cluster) : new Guard(trials, options.token)
  const port = new GrpcPort({
    log,
    services: {
      'api.v1.beta1.DBManager': dbManagerHandlers(callers, observations),
      'api.v1.beta1.EarlyStopping': earlyStoppingHandlers(callers, observations, recordEarlyStop),
    },
    isServing: async () => {
      await observations.summary('')
      return true
    },
  })
  return {
    listen: async (number, host = '127.0.0.1') => ({ address: await port.listen(host, number) }),
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
