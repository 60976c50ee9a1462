/** The objects of one machine: its lock, Postgres, both stores and the embedded API over them. Nothing acts yet. */
import { mkdirSync } from 'node:fs'
import { customResourceDefinitions } from '#api'
import { admitExperiment } from '#controller'
import { type Clock, createClient, createInformers, type Informers, type Transport, type WritingClient } from '#kube'
import { type ApiServer, createApiServer, type PodLogs } from '#standalone'
import { type DatabaseConfig, type ObservationStore, openStores, startPostgres } from '#store'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { CommandError, EXIT } from './exit.ts'
import { knowledge } from './knowledge.ts'

export interface ObjectsOptions {
  readonly dataDir: string
  readonly clock: Clock
  /** Served where a kubelet runs; absent: no pod has a log. */
  readonly logs?: PodLogs
  /** Sentences for the operator. */
  note(text: string): void
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
  const directory = opening.use(openDataDirectory(options.dataDir))
  const where = await databaseOf(directory.path, options.note, opening)
  const stores = opening.use(await openStores({ ...where, log: options.note }))
  const server = opening.use(
    await createApiServer({
      resources: stores.resources,
      admit: { Experiment: request => admitExperiment(request, ref => request.get(ref), knowledge) },
      crds: customResourceDefinitions(),
      clock: options.clock,
      logs: options.logs ?? noLogs,
      log: options.note,
    }),
  )
  const transport = server.transport('qalam')
  const informers = opening.use(createInformers({ transport, clock: options.clock, log: options.note }))
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

async function databaseOf(dataDir: string, note: (text: string) => void, opening: AsyncDisposableStack) {
  const databaseUrl = process.env.DATABASE_URL
  if (databaseUrl !== undefined && databaseUrl !== '') return { databaseUrl }
  mkdirSync(dataDir, { recursive: true })
  try {
    return { postgres: opening.use(await startPostgres(dataDir, note)) }
  } catch (cause) {
    throw new CommandError(EXIT.unexpected, (cause as Error).message, { cause })
  }
}
