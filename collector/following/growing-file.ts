/**
 * An open file and the place in it. States: absent (not there yet, looked for at each read); open (read to its end, asked
 * again); replaced (another file has its name and holds something: the old one is read out, then those that were rotated in
 * between, then the new one from its start); truncated (shorter than what was read, or other bytes where it was read).
 *
 * Reads are synchronous: they are local, at most 64 KiB, and a hop to the thread pool costs more than they do. Each begins with
 * the last bytes of the one before, which tells a file that was written anew from one that has grown.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { type Bookmark, type Place, TAIL_BYTES } from './bookmark.ts'
import { type OpenFile, openRegular, type TrialFile } from './regular-file.ts'
import { fileAfter, fileAfterLost, holds, rotatedHolder } from './rotation.ts'

/** `bytes` are valid until the next chunk is asked for. `restarted`: why they begin at the start of a file once more. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly restarted?: Restart
}

/** Another file has the name (rotation), or the same one was written anew. */
export type Restart = 'replaced' | 'truncated'

const CHUNK_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

/** Throws `RefusedFile`. */
export class GrowingFile implements Disposable {
  #file: TrialFile
  #buffer = Buffer.allocUnsafe(TAIL_BYTES + CHUNK_BYTES)
  #open: OpenFile | undefined
  /** Until a file is opened: where an earlier collector was, in one that is gone. */
  #lost: Place | undefined
  /** Bytes of the files before the open one. */
  #base = 0
  #position = 0
  #tail: Buffer = NOTHING
  /** Bytes before it were given back. */
  #cutAt = 0
  /** What the next chunk is told to be, and what leaving the open file is called. */
  #restarted: Restart | undefined
  #leaving: Restart = 'replaced'

  /** `bookmark`: goes on as the collector before it did. `isOurs`: the file may be emptied, by us alone. */
  constructor(file: TrialFile, bookmark?: Bookmark, isOurs = false) {
    this.#file = file
    const known = bookmark?.read()
    if (known === undefined) return
    const { place, sinceBoot } = known
    this.#open = knownFile(file, place, sinceBoot, isOurs)
    this.#base = place.base
    if (this.#open !== undefined) return
    this.#base += place.position
    this.#lost = place
  }

  /** Bytes read, or left unread because an earlier collector read them: what the next byte's place is. */
  get offset(): number {
    return this.#base + this.#position
  }

  /** Only after a chunk was read. */
  get place(): Place {
    // A chunk was read, so its file is open.
    const { descriptor, inode } = this.#open as OpenFile
    const file = { inode: String(inode), writtenNs: String(fstatSync(descriptor, { bigint: true }).mtimeNs) }
    return { ...file, base: this.#base, position: this.#position, tail: this.#tail }
  }

  /** What was read and is still on the disk. */
  get keptBytes(): number {
    return this.#position - this.#cutAt
  }

  /** The next bytes, if there are any now. */
  read(): Chunk | undefined {
    this.#open ??= openRegular(this.#first())
    if (this.#open === undefined) return undefined
    let count = this.#fill(this.#open)
    if (count === 0) {
      const next = fileAfter(this.#file.path, this.#open)
      // The old one may have been written to until a moment ago.
      if (next !== undefined) count = this.#fill(this.#open)
      if (next !== undefined && count === 0) return this.#goTo(next)
    }
    if (count === REWRITTEN) return this.#rewritten(this.#open)
    return count === 0 ? undefined : this.#taken(count)
  }

  /** Empties the file, all of which was read. False: it is not ours to write. */
  cut(): boolean {
    if (this.#open === undefined) return false
    let descriptor: number | undefined
    try {
      descriptor = openSync(this.#file.path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      if (fstatSync(descriptor, { bigint: true }).ino !== this.#open.inode) return false
      ftruncateSync(descriptor, 0)
      this.#cutAt = this.#position
      this.#tail = NOTHING
      return true
    } catch {
      // Read-only for us, or gone: it grows on, as it would without a cap.
      return false
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor)
    this.#open = undefined
  }

  #first(): TrialFile {
    return this.#lost === undefined ? this.#file : { ...this.#file, path: fileAfterLost(this.#file.path, this.#lost) }
  }

  /** How many bytes came behind the tail, or `REWRITTEN`. */
  #fill({ descriptor }: OpenFile): number {
    const tail = this.#tail
    const count = readSync(descriptor, this.#buffer, 0, this.#buffer.length, this.#position - tail.length)
    if (count < tail.length || !this.#buffer.subarray(0, tail.length).equals(tail)) return REWRITTEN
    if (count > tail.length || tail.length > 0) return count - tail.length
    const { size } = fstatSync(descriptor)
    const isCut = size === 0 && this.#position === this.#cutAt
    return size < this.#position && !isCut ? REWRITTEN : 0
  }

  #taken(count: number): Chunk {
    const start = this.#tail.length
    const end = start + count
    const restarted = this.#restarted
    this.#restarted = undefined
    this.#position += count
    this.#tail = Buffer.from(this.#buffer.subarray(Math.max(0, end - TAIL_BYTES), end))
    return { bytes: this.#buffer.subarray(start, end), ...(restarted && { restarted }) }
  }

  #goTo(path: string): Chunk | undefined {
    this[Symbol.dispose]()
    this.#begin(this.#leaving)
    this.#leaving = 'replaced'
    this.#open = openRegular({ ...this.#file, path })
    return this.read()
  }

  /** What was not read of it may be in a copy that was made before. */
  #rewritten(open: OpenFile): Chunk | undefined {
    const copy = rotatedHolder(this.#file, this.place)
    if (copy === undefined || copy.inode === open.inode) {
      if (copy !== undefined) closeSync(copy.descriptor)
      this.#begin('truncated')
      return this.read()
    }
    this[Symbol.dispose]()
    this.#open = copy
    this.#leaving = 'truncated'
    return this.read()
  }

  #begin(how: Restart): void {
    this.#base += this.#position
    this.#position = 0
    this.#tail = NOTHING
    this.#cutAt = 0
    this.#restarted = how
    this.#lost = undefined
  }
}

const REWRITTEN = -1

/** The file of which an earlier collector has read up to a place, under its name or where rotation has put it. */
function knownFile(file: TrialFile, place: Place, sinceBoot: boolean, isOurs: boolean): OpenFile | undefined {
  const open = openRegular(file)
  if (open === undefined) return rotatedHolder(file, place)
  if (String(open.inode) === place.inode) {
    if (holds(open, place)) return open
    const { size } = fstatSync(open.descriptor)
    if (!sinceBoot && size < place.position) return open
    if (isOurs && isHollow(open, place, size)) return open
  }
  closeSync(open.descriptor)
  return rotatedHolder(file, place)
}

/** It was emptied after it was read: nothing is there, or a hole up to where its writer went on. */
function isHollow({ descriptor }: OpenFile, { position, tail }: Place, size: number): boolean {
  if (size === 0) return true
  const there = Buffer.alloc(tail.length, 1)
  readSync(descriptor, there, 0, tail.length, position - tail.length)
  return there.every(byte => byte === 0)
}
