/** What trials reported to Katib, read through Katib's own DBManager, whatever database is behind it. */
import * as grpc from '@grpc/grpc-js'
import type { Clock } from '#kube'
import type { ObservationStore } from '#store'
import type { MetricLogMessage } from './messages.ts'
import { Reports } from './reports.ts'
import { serviceOf } from './wire.ts'

export class KatibLogs implements Disposable {
  readonly #client: grpc.Client & Record<string, (...args: unknown[]) => grpc.ClientUnaryCall>
  readonly #clock: Clock
  readonly #address: string

  /** `address`: `HOST:PORT`, plaintext. */
  constructor(address: string, clock: Clock) {
    const Client = grpc.makeClientConstructor(serviceOf(SERVICE), SERVICE)
    // Its methods are those of the service.
    this.#client = new Client(address, grpc.credentials.createInsecure(), LIMITS) as never
    this.#clock = clock
    this.#address = address
  }

  /** By time. Empty: Katib knows nothing of a trial of that name. */
  async of(trialName: string): Promise<readonly MetricLogMessage[]> {
    const reply = await this.#ask('GetObservationLog', { trialName })
    return (
      (reply as { observationLog: { metricLogs: readonly MetricLogMessage[] } | null }).observationLog?.metricLogs ?? []
    )
  }

  /** A second call stores everything twice: Katib's way. */
  async report(trialName: string, metricLogs: readonly MetricLogMessage[]): Promise<void> {
    await this.#ask('ReportObservationLog', { trialName, observationLog: { metricLogs } })
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }

  #ask(method: string, request: object): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const deadline = new Date(this.#clock.now().getTime() + DEADLINE_MS)
    this.#client[method]?.(
      request,
      new grpc.Metadata(),
      { deadline },
      (error: grpc.ServiceError | null, reply: unknown) =>
        error
          ? reject(new Error(`Katib's DBManager at ${this.#address}: ${error.message}`, { cause: error }))
          : resolve(reply),
    )
    return promise
  }
}

/** What Katib has of a trial goes into the store; what is there already changes nothing. Resolves with the number of values. */
export async function takeKatibLogs(
  logs: KatibLogs,
  observations: ObservationStore,
  trials: Iterable<{ readonly name: string; readonly uid: string; readonly attempt: number }>,
): Promise<number> {
  const reports = new Reports(observations)
  let count = 0
  for (const { name, uid, attempt } of trials) {
    const found = await logs.of(name)
    if (found.length === 0) continue
    await reports.take(uid, attempt, found)
    count += found.length
  }
  return count
}

/** What trials reported here and Katib knows nothing of. Resolves with the number of values. */
export async function giveKatibLogs(
  logs: KatibLogs,
  observations: ObservationStore,
  trials: Iterable<{ readonly name: string; readonly uid: string }>,
): Promise<number> {
  let count = 0
  for (const { name, uid } of trials) {
    const attempt = (await observations.summary(uid))?.attempt
    if (attempt === undefined || (await logs.of(name)).length > 0) continue
    const rows: MetricLogMessage[] = []
    for await (const { metricName, value, time, receivedAt } of observations.rows(uid, { attempt }))
      rows.push({ timeStamp: time ?? receivedAt.toISOString(), metric: { name: metricName, value } })
    if (rows.length > 0) await logs.report(name, rows)
    count += rows.length
  }
  return count
}

const SERVICE = 'api.v1.beta1.DBManager'
const DEADLINE_MS = 60_000
const LIMITS: grpc.ClientOptions = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 }
