/**
 * Where the cluster lives and as whom it runs. Postgres refuses to run as root, so root runs it as the account "nobody" (65534),
 * which must reach both the data and the binaries: the home of root is usually closed to it.
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import type { Binaries } from './libraries.ts'
import { readPostmaster } from './postmaster.ts'

const NOBODY = 65534
/** Where root keeps what "nobody" must reach, in order of preference. */
const STATE_ROOTS = ['/var/lib/qalam', '/var/tmp/qalam']
/** In a data directory whose cluster stands elsewhere: the path of it. */
const POINTER = 'postgres-directory'
/** In a home that stands elsewhere: the data directory it is of. */
const OWNER = 'data-directory'

export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface Place {
  /** The folder of this data directory's cluster; the cluster is its `postgres`. */
  readonly home: string
  /** Absent: as ourselves. */
  readonly account: Account | undefined
  /** What the operator should know, a sentence each. */
  readonly notes: readonly string[]
}

/** Makes the folder. Throws one sentence when it cannot be written. */
export function placeOf(dataDir: string): Place {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    if (process.getuid?.() !== 0) return { home: dataDir, account: undefined, notes: [] }
    return placeForRoot(dataDir, { uid: NOBODY, gid: NOBODY })
  } catch (cause) {
    throw new Error(
      `${dataDir}: expected a directory for the database that can be written, got ${(cause as NodeJS.ErrnoException).code ?? cause}; name another`,
      { cause },
    )
  }
}

function placeForRoot(dataDir: string, account: Account): Place {
  const pointer = join(dataDir, POINTER)
  if (existsSync(pointer)) {
    const home = readFileSync(pointer, 'utf8').trim()
    mkdirSync(home, { recursive: true })
    return { home, account, notes: [`the database of ${dataDir} is kept in ${home}`] }
  }
  if (existsSync(join(dataDir, 'postgres')) || mayReach(dirname(dataDir), account)) {
    admit(dataDir, account)
    return { home: dataDir, account, notes: [] }
  }
  const home = homeElsewhere(dataDir, account)
  // First who points here, then who is pointed at: a home is swept when its owner does not point to it.
  writeFileSync(`${pointer}.new`, `${home}\n`)
  renameSync(`${pointer}.new`, pointer)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  writeFileSync(join(home, OWNER), dataDir)
  const notes = [
    `Postgres runs as account ${account.uid} under root and cannot enter ${dataDir}, so the database is kept in ${home}`,
  ]
  return { home, account, notes }
}

/** Temporary directories get a temporary home, which goes after they went. */
function homeElsewhere(dataDir: string, account: Account): string {
  const isTemporary = dataDir.startsWith(`${tmpdir()}${sep}`)
  const root = isTemporary ? temporaryRoot() : stateRoot(account)
  if (isTemporary) sweep(root)
  return join(root, createHash('sha256').update(dataDir).digest('hex').slice(0, 12))
}

/** Removes the homes of temporary data directories that are gone; a server left in one is ended first. */
function sweep(root: string): void {
  for (const name of readdirSync(root)) {
    const owner = join(root, name, OWNER)
    if (!existsSync(owner) || existsSync(join(readFileSync(owner, 'utf8'), POINTER))) continue
    const running = readPostmaster(join(root, name, 'postgres'))
    if (running) process.kill(running.pid, 'SIGQUIT')
    else rmSync(join(root, name), { recursive: true, force: true })
  }
}

function temporaryRoot(): string {
  const root = join(tmpdir(), 'qalam-state')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  return root
}

/** Lets the account pass through our own directory to its cluster; it still cannot list it, nor can anybody else enter. */
function admit(dataDir: string, account: Account): void {
  if (mayEnter(dataDir, account)) return
  chownSync(dataDir, -1, account.gid)
  chmodSync(dataDir, (statSync(dataDir).mode & 0o777) | 0o010)
}

/** The binaries, copied to where the account can reach them when it cannot where they are. */
export function reachableBinaries(binaries: Binaries, account: Account | undefined): Binaries {
  if (account === undefined || mayReach(binaries.directory, account)) return binaries
  const name = createHash('sha256').update(binaries.directory).digest('hex').slice(0, 12)
  const directory = join(stateRoot(account), `postgres-${binaries.major}-${name}`, 'native')
  if (!existsSync(directory)) {
    const unfinished = `${dirname(directory)}.${process.pid}`
    cpSync(dirname(binaries.directory), unfinished, { recursive: true, verbatimSymlinks: true })
    rmSync(dirname(directory), { recursive: true, force: true })
    renameSync(unfinished, dirname(directory))
  }
  return { ...binaries, directory }
}

function stateRoot(account: Account): string {
  for (const root of STATE_ROOTS) {
    try {
      mkdirSync(root, { recursive: true, mode: 0o755 })
      if (mayReach(root, account)) return root
    } catch {
      // Read-only: the next one.
    }
  }
  return temporaryRoot()
}

/** True when the account may search every directory from the root to `path`, `path` included. */
export function mayReach(path: string, account: Account): boolean {
  const parent = dirname(path)
  return (parent === path || mayReach(parent, account)) && mayEnter(path, account)
}

function mayEnter(path: string, account: Account): boolean {
  const { uid, gid, mode } = statSync(path)
  if (uid === account.uid) return (mode & 0o100) !== 0
  if (gid === account.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
