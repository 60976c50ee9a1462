/** A database cluster on disk: made once, and only opened when it is one of ours and of our major version. */
import { type SpawnOptions, spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binaries } from './libraries.ts'
import type { Account } from './place.ts'
import { readPostmaster } from './postmaster.ts'

export interface Program {
  readonly binaries: Binaries
  readonly account: Account | undefined
  /** Where the library links stand when the package is read-only. */
  readonly libraryPath: string | undefined
}

/** Beside a cluster that may not be on the disk yet, so that nothing in it was ever acknowledged. */
const unsyncedMark = (cluster: string) => `${cluster}.unsynced`

/** Makes the cluster unless it is there. True: the caller makes it durable with `syncCluster` before anything is acknowledged. */
export async function ensureCluster(cluster: string, program: Program): Promise<boolean> {
  const mark = unsyncedMark(cluster)
  if (existsSync(cluster)) {
    if (!existsSync(mark)) {
      checkVersion(cluster, program.binaries.major)
      return false
    }
    if (readPostmaster(cluster) !== undefined) return true
    rmSync(cluster, { recursive: true, force: true })
  }
  // A name of its own until it is whole: a crash in between leaves nothing that looks like a cluster.
  const unfinished = `${cluster}.new`
  try {
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { mode: 0o700 })
    if (program.account) chownSync(unfinished, program.account.uid, program.account.gid)
    const identity = ['--username=qalam', '--auth=trust', '--encoding=UTF8', '--locale=C']
    await runToEnd(program, 'initdb', ['--pgdata', unfinished, ...identity, '--no-sync', '--no-instructions'])
  } catch (cause) {
    throw new Error(`${cluster}: the database cannot be made: ${(cause as Error).message}`, { cause })
  }
  writeFileSync(mark, '')
  renameSync(unfinished, cluster)
  return true
}

/** Forces a new cluster to the disk: before the first write is acknowledged. */
export async function syncCluster(cluster: string, program: Program): Promise<void> {
  // One call for the whole file system where the kernel has it, instead of a thousand files one by one.
  const method = process.platform === 'linux' ? ['--sync-method=syncfs'] : []
  await runToEnd(program, 'initdb', ['--sync-only', ...method, '--pgdata', cluster])
  const folder = openSync(dirname(cluster), 'r')
  fsyncSync(folder)
  closeSync(folder)
  rmSync(unsyncedMark(cluster), { force: true })
}

function checkVersion(cluster: string, ours: number): void {
  const file = join(cluster, 'PG_VERSION')
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (!/^\d+$/.test(text)) {
    throw new Error(
      `${cluster}: the database is damaged (no readable PG_VERSION); restore a backup or move it away to begin anew`,
    )
  }
  const theirs = Number(text)
  if (theirs > ours) {
    throw new Error(
      `${cluster}: its data is of Postgres ${theirs}, newer than the ${ours} of this version; use the Qalam that wrote it`,
    )
  }
  if (theirs < ours) {
    throw new Error(
      `${cluster}: its data is of Postgres ${theirs} and this version has ${ours}; export it with the Qalam that wrote it`,
    )
  }
}

export function spawnProgram(program: Program, name: string, args: readonly string[], options: SpawnOptions) {
  const { binaries, account, libraryPath } = program
  return spawn(join(binaries.directory, 'bin', name), args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...(libraryPath && { LD_LIBRARY_PATH: libraryPath }) },
    ...account,
    ...options,
  })
}

/** Rejects with what the program said last. */
async function runToEnd(program: Program, name: string, args: readonly string[]): Promise<void> {
  const child = spawnProgram(program, name, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    said += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const code = await promise.catch((cause: Error) => {
    throw new Error(`${name} does not start: ${cause.message}`, { cause })
  })
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${said.trim().split('\n').slice(0, 2).join('; ')}`)
}
