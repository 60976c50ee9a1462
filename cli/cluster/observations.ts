/** Where a controller of a cluster reads observations: from a store process, or from a database. */
import { readFile } from 'node:fs/promises'
import { systemClock } from '#kube'
import { type ObservationStore, openObservations, remoteObservationStore } from '#store'
import { CommandError, EXIT } from '../exit.ts'
import { DATABASE, firstAnswer } from './first-answer.ts'

interface ObservationPlace {
  readonly store?: string
  readonly storeTokenFile?: string
  readonly storeCaFile?: string
}

/** `open`: a database that is named; by default it has to answer at once. */
export async function observationsOf(
  place: ObservationPlace,
  log: (line: string) => void,
  open = (databaseUrl: string) => openObservations({ databaseUrl, log }),
): Promise<ObservationStore> {
  const { DATABASE_URL: databaseUrl } = process.env
  if (place.store !== undefined) return fromStore(place.store, place, log)
  if (databaseUrl) return open(databaseUrl)
  throw new CommandError(
    EXIT.usage,
    'DATABASE_URL: expected the address of a Postgres database, such as postgres://USER:PASSWORD@HOST:5432/qalam, or --store with that of a `qalam store`; got neither; set one',
  )
}

/** As soon as it answers; what it refuses it refuses at once. Rejects with the signal's reason when that aborts. */
export function answeringDatabase(
  databaseUrl: string,
  { signal, log }: { readonly signal: AbortSignal; log(line: string): void },
): Promise<ObservationStore> {
  return firstAnswer(() => openObservations({ databaseUrl, log }), DATABASE, { clock: systemClock, signal, log })
}

function fromStore(url: string, place: ObservationPlace, log: (line: string) => void): ObservationStore {
  const { storeTokenFile, storeCaFile } = place
  if (!URL.canParse(url))
    throw new CommandError(EXIT.usage, `--store ${url}: expected a URL such as https://qalam-store:443`)
  if (storeTokenFile === undefined) throw new CommandError(EXIT.usage, '--store needs --store-token-file')
  return remoteObservationStore({
    url,
    async access() {
      const token = (await readFile(storeTokenFile, 'utf8')).trim()
      return storeCaFile === undefined ? { token } : { token, ca: await readFile(storeCaFile, 'utf8') }
    },
    log,
  })
}
