/** Katib's DBManager with its table in memory: rows by trial name, a report twice counts twice. */
import { GrpcPort } from '../../server/grpc/grpc-port.ts'

interface Log {
  readonly timeStamp: string
  readonly metric: { readonly name: string; readonly value: string } | null
}

export interface KatibDbManager extends AsyncDisposable {
  readonly address: string
  readonly rows: Map<string, Log[]>
}

export async function startKatibDbManager(): Promise<KatibDbManager> {
  const rows = new Map<string, Log[]>()
  const port = new GrpcPort({
    services: {
      'api.v1.beta1.DBManager': {
        ReportObservationLog: async ({ trialName, observationLog }) => {
          rows.set(trialName, [...(rows.get(trialName) ?? []), ...(observationLog?.metricLogs ?? [])])
          return {}
        },
        GetObservationLog: async ({ trialName }) => ({ observationLog: { metricLogs: rows.get(trialName) ?? [] } }),
        DeleteObservationLog: async ({ trialName }) => {
          rows.delete(trialName)
          return {}
        },
      },
    },
    isServing: async () => true,
    log: () => {},
  })
  const address = await port.listen('127.0.0.1', 0)
  return { address, rows, [Symbol.asyncDispose]: () => port[Symbol.asyncDispose]() }
}
