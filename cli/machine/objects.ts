/** The objects of one machine: both stores over its database, and the embedded API over them. Nothing acts yet. */
import { customResourceDefinitions } from '#api'
import { type AdmissionKnowledge, withListsInPlace } from '#controller'
import { type Clock, createClient, createInformers, type Informers, type Transport, type WritingClient } from '#kube'
import { type ApiServer, createApiServer, type PodLogs } from '#standalone'
import { type DatabaseConfig, type ObservationStore, openStores } from '#store'
import { embeddedPolicies } from '../experiment-policy.ts'
import type { MachineData } from './data.ts'
import type { DataDirectory } from './data-directory.ts'

export interface ObjectsOptions {
  /** Closed with the objects. */
  readonly data: MachineData
  readonly clock: Clock
  /** Absent: what is built in. */
  readonly knowledge?: AdmissionKnowledge
  /** Served where a kubelet runs; absent: no pod has a log. */
  readonly logs?: PodLogs
}

export interface Objects extends AsyncDisposable {
  readonly directory: DataDirectory
  readonly server: ApiServer
  readonly database: DatabaseConfig
  readonly observations: ObservationStore
  /** As this program itself; the controllers and the runner have their own. */
  readonly transport: Transport
  readonly client: WritingClient
  readonly informers: Informers
}

export async function openObjects(options: ObjectsOptions): Promise<Objects> {
  await using opening = new AsyncDisposableStack()
  const { directory, note } = opening.use(options.data)
  const stores = opening.use(await openStores({ ...(await options.data.database()), log: note }))
  const server = opening.use(
    await createApiServer({
      resources: stores.resources,
      admit: embeddedPolicies(options.knowledge),
      rewrite: { Experiment: withListsInPlace },
      crds: customResourceDefinitions(),
      clock: options.clock,
      logs: options.logs ?? noLogs,
      log: note,
    }),
  )
  const transport = server.transport('qalam')
  const informers = opening.use(createInformers({ transport, clock: options.clock, log: note }))
  const closing = opening.move()
  return {
    directory,
    server,
    database: stores.database,
    observations: stores.observations,
    transport,
    client: createClient(transport),
    informers,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

const noLogs: PodLogs = {
  async *read() {
    yield new TextEncoder().encode('')
  },
}
