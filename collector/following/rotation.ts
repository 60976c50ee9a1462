/**
 * What rotation leaves beside a file: `train.log.1`, `train.log-20261126`, `train.log.2026-11-26_08`, as logrotate and Python's
 * handlers name them.
 */
import { type BigIntStats, closeSync, fstatSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Place, TAIL_BYTES } from './bookmark.ts'
import { type OpenFile, openRegular, RefusedFile, type TrialFile } from './regular-file.ts'

/** The file that was begun after an open one, if it holds anything: the next of the rotated ones, else `path` itself. */
export function fileAfter(path: string, { descriptor, inode }: OpenFile): string | undefined {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === inode) return undefined
  const { mtimeNs } = fstatSync(descriptor, { bigint: true })
  const next = newest(rotatedFrom(path), inode, mtimeNs).find(({ stat }) => stat.ino !== inode && stat.size > 0n)
  if (next !== undefined) return next.path
  // An empty one is where its writer goes on later, perhaps: until then it may still write to the old one.
  return now !== undefined && now.size > 0n ? path : undefined
}

/** Where to begin when the file of a place is gone: with the oldest rotated one that is newer, or written anew; else `path`. */
export function fileAfterLost(path: string, { inode, writtenNs }: Place): string {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (String(now?.ino) === inode) return path
  const next = newest(rotatedFrom(path), BigInt(inode), BigInt(writtenNs)).find(({ stat }) => stat.size > 0n)
  return next?.path ?? path
}

/** From the one of an inode on; where it is gone, those that were written to after it was. */
function newest(rotated: readonly Rotated[], inode: bigint, writtenNs: bigint): readonly Rotated[] {
  const own = rotated.findIndex(({ stat }) => stat.ino === inode)
  return own === -1 ? rotated.filter(({ stat }) => stat.mtimeNs > writtenNs) : rotated.slice(own)
}

/**
 * A file of another name that holds what was read of `path` up to a place: itself after it was renamed, else a copy. A copy is
 * told by what it holds alone, so much of it must have been read. The caller closes it.
 */
export function rotatedHolder(file: TrialFile, place: Place): OpenFile | undefined {
  const rotated = rotatedFrom(file.path)
  const renamed = rotated.find(({ stat }) => String(stat.ino) === place.inode)
  const found = opened(file, renamed?.path, place)
  if (found !== undefined || place.tail.length < TAIL_BYTES) return found
  for (const { path } of rotated.toReversed()) {
    const copy = opened(file, path, place)
    if (copy !== undefined) return copy
  }
  return undefined
}

/** Whether an open file holds, before the place, what was read there. */
export function holds({ descriptor }: OpenFile, { position, tail }: Place): boolean {
  const there = Buffer.alloc(tail.length)
  return readSync(descriptor, there, 0, tail.length, position - tail.length) === tail.length && there.equals(tail)
}

function opened({ root }: TrialFile, path: string | undefined, place: Place): OpenFile | undefined {
  if (path === undefined) return undefined
  try {
    const open = openRegular({ path, root })
    if (open === undefined || holds(open, place)) return open
    closeSync(open.descriptor)
  } catch (cause) {
    // Only a file by that very name is refused in words: this one was never asked for.
    if (!(cause instanceof RefusedFile)) throw cause
  }
  return undefined
}

interface Rotated {
  readonly path: string
  readonly stat: BigIntStats
}

/** Oldest first: by when they were last written to, and where a clock does not tell two apart by their names. */
function rotatedFrom(path: string): readonly Rotated[] {
  const directory = dirname(path)
  const name = basename(path)
  try {
    const found = readdirSync(directory).flatMap(each => {
      if (!each.startsWith(name) || !SUFFIX.test(each.slice(name.length))) return []
      const stat = statSync(join(directory, each), { bigint: true, throwIfNoEntry: false })
      return stat?.isFile() ? [{ path: join(directory, each), stat }] : []
    })
    return found.toSorted(byAge)
  } catch {
    // The directory is gone, or was never there.
    return []
  }
}

function byAge(a: Rotated, b: Rotated): number {
  if (a.stat.mtimeNs !== b.stat.mtimeNs) return a.stat.mtimeNs < b.stat.mtimeNs ? -1 : 1
  const [first, second] = [NUMBER.exec(a.path)?.[1], NUMBER.exec(b.path)?.[1]]
  if (first !== undefined && second !== undefined) return Number(second) - Number(first)
  return a.path < b.path ? -1 : 1
}

const SUFFIX = /^[.-]\d[\d.T:_-]*$/
/** Numbers count from the newest, dates grow. */
const NUMBER = /\.(\d{1,4})$/
