/**
 * What everything else of a machine stands on: the data directory with its lock, and the database in it. Loads little:
 * Postgres is on its way while the rest is still being loaded.
 */
import { type Postgres, startPostgres } from '#store'
import { CommandError, EXIT } from '../exit.ts'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'

export interface MachineData extends AsyncDisposable {
  readonly directory: DataDirectory
  /** The database is the directory's own, not one that $DATABASE_URL names. */
  readonly isWhole: boolean
  /** What `openStores` takes. Rejects with a `CommandError` where Postgres does not start. */
  database(): Promise<{ readonly databaseUrl: string } | { readonly postgres: Postgres }>
  /** Sentences for the operator. */
  note(text: string): void
}

/** Throws `CommandError` where the directory is not ours to take. */
export function openMachineData(dataDir: string, note: (text: string) => void): MachineData {
  const directory = openDataDirectory(dataDir)
  const databaseUrl = process.env.DATABASE_URL
  const isElsewhere = databaseUrl !== undefined && databaseUrl !== ''
  const postgres = isElsewhere ? undefined : startedPostgres(directory.path, note)
  // Whoever asks for the database hears of it; until then nobody may have asked.
  const settled = postgres?.catch(() => undefined)
  return {
    directory,
    isWhole: !isElsewhere,
    note,
    database: async () => (postgres ? { postgres: await postgres } : { databaseUrl: databaseUrl ?? '' }),
    async [Symbol.asyncDispose]() {
      await (await settled)?.[Symbol.asyncDispose]()
      directory[Symbol.dispose]()
    },
  }
}

async function startedPostgres(dataDir: string, note: (text: string) => void): Promise<Postgres> {
  try {
    return await startPostgres(dataDir, note)
  } catch (cause) {
    throw new CommandError(EXIT.unexpected, (cause as Error).message, { cause })
  }
}
