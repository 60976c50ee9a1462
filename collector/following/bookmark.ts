/**
 * Where a collector is in the file it follows, on disk, so that its next start knows whether the file is still the one that
 * was read. Byte offsets alone do not: a file that was rotated, replaced or truncated has the same ones for other values.
 */
import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** A place in a file, and what tells that file from others. */
export interface Place {
  readonly inode: string
  /** When it was last written to, in nanoseconds since 1970. */
  readonly writtenNs: string
  /** Bytes that were read of the files before it: the sequence at which this one begins. */
  readonly base: number
  /** Bytes that were read of it. */
  readonly position: number
  /** The bytes before `position`, `TAIL_BYTES` at most. */
  readonly tail: Buffer
}

/** So many bytes of a log, times and values in it, do not come twice. */
export const TAIL_BYTES = 128

/** One record, overwritten in place: less than a sector of a disk, so it is there whole or as it was before. */
const RECORD_BYTES = 448

/**
 * Written before rows are handed on, so no row is known to a sink that the bookmark does not cover. One process writes it.
 * A bookmark that is not there or cannot be read is none: the file is read from sequence 0.
 */
export class Bookmark implements Disposable {
  readonly #path: string
  readonly #boot: string
  #descriptor: number | undefined
  #isUnwritable = false
  #base = 0

  /** `proc`: where the boot of this machine is told, as in `/proc`. */
  constructor(path: string, proc = '/proc') {
    this.#path = path
    this.#boot = bootOf(proc)
  }

  /** `sinceBoot`: the machine has not started again since. After a power cut a file may hold less than was read of it. */
  read(): { readonly place: Place; readonly sinceBoot: boolean } | undefined {
    try {
      const { tail, boot, ...place } = JSON.parse(readFileSync(this.#path, 'utf8')) as Record
      this.#base = place.base
      return { place: { ...place, tail: Buffer.from(tail, 'base64') }, sinceBoot: boot === this.#boot }
    } catch {
      // Never written, or gone with the directory it was in.
      return undefined
    }
  }

  write(place: Place): void {
    if (this.#isUnwritable) return
    const { base } = place
    const record: Record = { ...place, tail: place.tail.toString('base64'), boot: this.#boot }
    try {
      this.#descriptor ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      writeSync(this.#descriptor, JSON.stringify(record).padEnd(RECORD_BYTES), 0)
      // Another file than before: no power cut may take the sequences of its rows back.
      if (base !== this.#base) fsyncSync(this.#descriptor)
      this.#base = base
    } catch {
      // No place for it: the next start knows the file less well, while this one goes on.
      this.#isUnwritable = true
    }
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}

interface Record extends Omit<Place, 'tail'> {
  readonly tail: string
  readonly boot: string
}

function bootOf(proc: string): string {
  try {
    return readFileSync(`${proc}/sys/kernel/random/boot_id`, 'utf8').trim()
  } catch {
    // Told by Linux alone.
    return ''
  }
}
