/**
 * The directory that holds everything of one machine: objects, observations, trials, keys.
 *
 *   qalam.json    says that the directory is ours and in which format
 *   lock          who serves it: process id and start time, addresses; at most one process at a time
 *   kubeconfig    0600, makes `kubectl` a client        token   0600, the bearer token of REST
 *   certificates/ postgres/ pods/                       what their rooms keep there
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CommandError, EXIT } from '../exit.ts'
import { processStart } from './process-start.ts'

const FORMAT = 1

/** What a client needs to reach the process that serves a directory. Absent addresses: it is still starting. */
export interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same id. */
  readonly start: string
  readonly kubernetes?: string
  readonly rest?: string
}

export interface DataDirectory extends Disposable {
  readonly path: string
  /** Says where the holder serves, for clients that find the directory. */
  announce(addresses: { kubernetes: string; rest: string }): void
}

/** Makes or opens `path` and takes its lock. Throws `CommandError`: unwritable, foreign, newer, or held by another. */
export function openDataDirectory(path: string): DataDirectory {
  const directory = resolve(path)
  prepare(directory)
  const lock = join(directory, 'lock')
  const me: Holder = { pid: process.pid, start: processStart(process.pid) ?? '' }
  take(directory, lock, me)
  return {
    path: directory,
    announce: addresses => replaceFile(lock, JSON.stringify({ ...me, ...addresses })),
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  }
}

/** Who serves `path` now, if anybody does. */
export function holderOf(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(join(path, 'lock'), 'utf8')) as Holder
    return processStart(holder.pid) === holder.start ? holder : undefined
  } catch {
    // No lock, or one cut short by a crash: nobody serves.
    return undefined
  }
}

/** With its parents. Not by Node's own recursion, which never returns where a parent takes no directories, as in /proc. */
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return
  if (!existsSync(dirname(directory))) makeDirectory(dirname(directory))
  mkdirSync(directory, { mode: 0o700 })
}

function prepare(directory: string): void {
  try {
    makeDirectory(directory)
    const marker = join(directory, 'qalam.json')
    const names = readdirSync(directory)
    if (names.includes('qalam.json')) {
      checkFormat(directory, marker)
      return
    }
    if (names.length > 0) {
      throw new CommandError(
        EXIT.usage,
        `${directory}: expected a Qalam data directory or an empty one, got ${names.length} foreign entries; name another with --data-dir`,
      )
    }
    replaceFile(marker, JSON.stringify({ format: FORMAT }))
    writeFileSync(join(directory, '.gitignore'), '*\n')
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    throw new CommandError(
      EXIT.notPermitted,
      `${directory}: expected a directory that can be written, got ${(cause as NodeJS.ErrnoException).code}; name another with --data-dir`,
      { cause },
    )
  }
}

function checkFormat(directory: string, marker: string): void {
  const format = formatIn(readFileSync(marker, 'utf8'))
  if (format === FORMAT) return
  if (format === undefined)
    throw new CommandError(
      EXIT.usage,
      `${marker}: expected {"format":${FORMAT}}, got something else; restore the file if the directory is Qalam's, or name another with --data-dir`,
    )
  throw new CommandError(
    EXIT.usage,
    `${directory}: its format is ${format}, this version reads ${FORMAT}; use the version of Qalam that wrote it, or another --data-dir`,
  )
}

function formatIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format
  } catch {
    // Cut short or foreign.
    return undefined
  }
}

/** Exclusive creation; the lock of a dead process is removed once. Postgres' own lock is the last fence behind this one. */
function take(directory: string, lock: string, me: Holder): void {
  for (const attempt of [1, 2]) {
    try {
      const file = openSync(lock, 'wx', 0o600)
      writeFileSync(file, JSON.stringify(me))
      closeSync(file)
      return
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
      const holder = holderOf(directory)
      if (holder !== undefined || attempt === 2) {
        throw new CommandError(
          EXIT.conflict,
          `${directory} is served by process ${holder?.pid ?? 'unknown'}; stop it first, or use another --data-dir`,
        )
      }
      rmSync(lock, { force: true })
    }
  }
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
