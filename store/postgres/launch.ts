/**
 * The Postgres of one data directory: a server of our own on a private unix socket, found on no network.
 *
 * starting  the cluster is made or opened; a server that a killed process left behind is adopted
 * running   it answers; when its process ends by itself, it is started again
 * stopped   fast shutdown, unless another process is connected
 */
import type { ChildProcess } from 'node:child_process'
import { closeSync, fchownSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureCluster, type Program, spawnProgram, syncCluster } from './cluster.ts'
import type { DatabaseConfig, Log } from './connection.ts'
import { findBinaries, linkLibraries } from './libraries.ts'
import { placeOf, reachableBinaries } from './place.ts'
import { answers, connectionOf, isAlive, isInUse, readPostmaster, shutDown } from './postmaster.ts'
import { socketDirectory } from './socket-directory.ts'

/**
 * Small: the tables are. The log goes to a file beside the cluster. The log of changes may grow for a while where trials print
 * tens of thousands of values a second: a checkpoint takes the disk from those who wait for their commit.
 */
const SETTINGS = [
  'listen_addresses=',
  'shared_buffers=128MB',
  'max_connections=40',
  'io_method=sync',
  'jit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  'max_wal_size=2GB',
  'checkpoint_timeout=15min',
  'autovacuum_naptime=30s',
  'log_checkpoints=off',
]
/** A killed server's process may linger and its shared memory with it; recovery takes a second or two. */
const START_TRIES = 40
const RETRY_MS = 250
const WATCH_MS = 1_000
const SILENCE_MS = 600_000
const MAX_LOG_BYTES = 16 * 1024 * 1024

export interface Postgres extends AsyncDisposable {
  readonly connection: DatabaseConfig
  /** True: it ran already, left behind by a process that was killed. */
  readonly adopted: boolean
  /** Of the server now; another one after a restart. */
  readonly pid: number
  /** What the operator should know about where it is kept, a sentence each. */
  readonly notes: readonly string[]
}

/** Starts or adopts the server of `dataDir`; the data is durable when it resolves. Rejects with one sentence. */
export async function startPostgres(dataDir: string, log: Log = () => {}): Promise<Postgres> {
  const place = placeOf(resolve(dataDir))
  const binaries = reachableBinaries(findBinaries(), place.account)
  const libraryPath = linkLibraries(binaries, join(place.home, 'postgres-libraries'))
  const program = { binaries, account: place.account, libraryPath }
  const cluster = join(place.home, 'postgres')
  for (const note of place.notes) log(note)
  const isNew = await ensureCluster(cluster, program)
  const server = new Server(cluster, `${cluster}.log`, program, place.notes, log)
  await Promise.all([server.start(), isNew ? syncCluster(cluster, program) : undefined])
  return server
}

class Server implements Postgres {
  readonly notes: readonly string[]
  readonly #cluster: string
  readonly #logFile: string
  readonly #program: Program
  readonly #log: Log
  #connection: DatabaseConfig = {}
  #pid = 0
  #adopted = false
  #stopping = false
  #restarting: Promise<void> | undefined
  #watch: NodeJS.Timeout | undefined
  readonly #saidMs = new Map<string, number>()

  constructor(cluster: string, logFile: string, program: Program, notes: readonly string[], log: Log) {
    this.#cluster = cluster
    this.#logFile = logFile
    this.#program = program
    this.notes = notes
    this.#log = log
  }

  get connection(): DatabaseConfig {
    return this.#connection
  }
  get adopted(): boolean {
    return this.#adopted
  }
  get pid(): number {
    return this.#pid
  }

  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      if (await this.#adopt()) break
      const failure = await this.#launch()
      if (failure === undefined) break
      if (!/lock file|pre-existing shared memory|Address already in use/.test(failure) || tries === START_TRIES) {
        const advice = /No space left on device|Disk quota/.test(failure)
          ? 'free some space on its disk'
          : 'the data may be damaged: restore a backup, or move it away to begin anew'
        throw new Error(
          `${this.#cluster}: Postgres does not start (${failure}); ${advice}; its log is ${this.#logFile}`,
        )
      }
      // A zombie that nobody reaps keeps its id for ever; Postgres still looks for shared memory in use.
      if (tries === START_TRIES / 2 && readPostmaster(this.#cluster) === undefined) {
        rmSync(join(this.#cluster, 'postmaster.pid'), { force: true })
      }
      await sleep(RETRY_MS)
    }
    this.#watch = setInterval(() => this.#restartIfGone(), WATCH_MS).unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    await this.#restarting
    clearInterval(this.#watch)
    if (await isInUse(this.#connection)) return
    await shutDown(this.#pid)
    // Empty now; where it is not, it is none of ours.
    if (this.#connection.host !== undefined) await rmdir(this.#connection.host).catch(() => {})
  }

  /** A server left behind answers on the socket its pid file names. */
  async #adopt(): Promise<boolean> {
    const running = readPostmaster(this.#cluster)
    if (running === undefined || running.socketDirectory === '') return false
    const connection = connectionOf(running.socketDirectory)
    if (!(await answers(connection))) return false
    this.#connection = connection
    this.#pid = running.pid
    this.#adopted = true
    return true
  }

  /** Undefined when it answers, else why not. */
  async #launch(): Promise<string | undefined> {
    const directory = socketDirectory(this.#cluster, this.#program.account)
    const size = rotated(this.#logFile)
    const output = openSync(this.#logFile, 'a', 0o600)
    const { account } = this.#program
    if (account) fchownSync(output, account.uid, account.gid)
    const settings = SETTINGS.flatMap(setting => ['-c', setting])
    // A group of its own: Ctrl-C in a terminal is for us, not for the database.
    const child = spawnProgram(this.#program, 'postgres', ['-D', this.#cluster, '-k', directory, ...settings], {
      detached: true,
      stdio: ['ignore', output, output],
    })
    child.unref()
    closeSync(output)
    const failure = await this.#becomesReady(child, connectionOf(directory))
    return (failure && lastComplaint(readFileSync(this.#logFile).subarray(size).toString())) || failure
  }

  async #becomesReady(child: ChildProcess, connection: DatabaseConfig): Promise<string | undefined> {
    let ended: string | undefined
    child.on('error', cause => {
      ended = cause.message
    })
    child.on('exit', (code, signal) => {
      ended = `it ended with ${code ?? signal}`
    })
    while (ended === undefined) {
      if (await answers(connection)) {
        this.#connection = connection
        this.#pid = child.pid as number
        return undefined
      }
      await sleep(20)
    }
    return ended
  }

  /** What is said again within ten minutes, but for its numbers, is not said. */
  #say(sentence: string): void {
    const gist = sentence.replaceAll(/\d+/g, '0')
    const saidMs = this.#saidMs.get(gist)
    if (saidMs !== undefined && performance.now() - saidMs < SILENCE_MS) return
    this.#saidMs.set(gist, performance.now())
    this.#log(sentence)
  }

  #restartIfGone(): void {
    if (this.#stopping || isAlive(this.#pid)) return
    clearInterval(this.#watch)
    this.#say('Postgres has ended by itself; it is started again')
    this.#restarting = this.start().catch((cause: Error) => {
      this.#say(cause.message)
      // What stopped it may pass, a full disk for one: it is tried again.
      this.#watch = setInterval(() => this.#restartIfGone(), WATCH_MS).unref()
    })
  }
}

/** The size of the log, which begins anew when it is long; one older log is kept. */
function rotated(logFile: string): number {
  const { size } = statSync(logFile, { throwIfNoEntry: false }) ?? { size: 0 }
  if (size <= MAX_LOG_BYTES) return size
  renameSync(logFile, `${logFile}.1`)
  return 0
}

/** The last thing Postgres called fatal, without its timestamp; what it answered our own questions does not count. */
function lastComplaint(said: string): string | undefined {
  const complaints = [...said.matchAll(/\b(?:FATAL|PANIC):\s+(.*)/g)]
    .map(match => match[1])
    .filter(text => !text.startsWith('the database system is'))
  return complaints.find(text => text.includes('lock file')) ?? complaints[complaints.length - 1]
}
