/**
 * A file as it grows. States: absent (not there yet, looked for again); open (read to its end, waited on); replaced
 * (another inode under the name, or shorter than what was read: the old one is read out, then the new one from its start).
 *
 * Reads are synchronous: they are local, at most 64 KiB, and a hop to the thread pool costs more than they do.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { type CollectorClock, FileWatch } from './file-watch.ts'

export interface FollowedFile {
  readonly path: string
  /** The file must really lie below this directory; links that lead out are refused. */
  readonly root: string
  readonly clock: CollectorClock
  /**
   * A file that nobody but us reads: above so many bytes it is emptied once all of it was read. Its writer goes on where it
   * was, which leaves a hole and keeps the offsets. `beforeCut` resolves when what was read is durable.
   */
  readonly cap?: { readonly bytes: number; beforeCut(): Promise<void>; onCut(): void }
}

/** The file is something that is never read: a link out of the trial's directory, a pipe, a device. */
export class RefusedFile extends Error {
  override readonly name = 'RefusedFile'
}

/** `bytes` are valid until the next chunk is asked for. `restarted`: why they begin at the start of a file once more. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly restarted?: Restart
}

/** Another file has the name (rotation), or the same one was cut shorter than what was read of it. */
export type Restart = 'replaced' | 'truncated'

/** Yields what the file holds and what is appended, until a look that began after `ended` aborted found nothing more. */
export async function* follow(file: FollowedFile, ended: AbortSignal): AsyncGenerator<Chunk> {
  using watch = new FileWatch(dirname(file.path), file.clock, ended)
  using reader = new GrowingFile(file)
  while (true) {
    const isLastLook = ended.aborted
    for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) yield chunk
    if (isLastLook) return
    if (file.cap && reader.keptBytes > file.cap.bytes) {
      await file.cap.beforeCut()
      for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) yield chunk
      if (reader.cut()) file.cap.onCut()
    }
    await watch.next()
  }
}

/** Owns the open file and the place in it. Throws `RefusedFile`. */
export class GrowingFile {
  #file: Omit<FollowedFile, 'clock'>
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #open: { readonly descriptor: number; readonly inode: bigint } | undefined
  #position = 0
  /** Bytes before it were given back. */
  #cutAt = 0
  #restarted: Restart | undefined

  constructor(file: Omit<FollowedFile, 'clock'>) {
    this.#file = file
  }

  /** The next bytes, if there are any now. */
  read(): Chunk | undefined {
    this.#open ??= openRegular(this.#file)
    if (this.#open === undefined) return undefined
    const count = readSync(this.#open.descriptor, this.#buffer, 0, this.#buffer.length, this.#position)
    if (count === 0) return this.#wasReplaced(this.#open) ? this.read() : undefined
    const restarted = this.#restarted
    this.#restarted = undefined
    this.#position += count
    return { bytes: this.#buffer.subarray(0, count), ...(restarted && { restarted }) }
  }

  /** What was read and is still on the disk. */
  get keptBytes(): number {
    return this.#position - this.#cutAt
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

  #wasReplaced(open: { descriptor: number; inode: bigint }): boolean {
    const now = statSync(this.#file.path, { bigint: true, throwIfNoEntry: false })
    const isAnother = now !== undefined && now.ino !== open.inode
    const { size } = fstatSync(open.descriptor)
    const isEmptied = size === 0 && this.#position > 0 && this.#position === this.#cutAt
    const isShorter = size < this.#position && !isEmptied
    if (!isAnother && !isShorter) return false
    if (isAnother) this[Symbol.dispose]()
    this.#restarted = isAnother ? 'replaced' : 'truncated'
    this.#position = 0
    this.#cutAt = 0
    return true
  }
}

/** Opens without waiting for a pipe's other end. `undefined`: not there yet. */
function openRegular(file: Omit<FollowedFile, 'clock'>): { descriptor: number; inode: bigint } | undefined {
  const path = realPath(file)
  if (path === undefined) return undefined
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    throw new RefusedFile(`it cannot be opened (${codeOf(cause)}); have the program leave it readable`, { cause })
  }
  const stat = fstatSync(descriptor, { bigint: true })
  if (stat.isFile()) return { descriptor, inode: stat.ino }
  closeSync(descriptor)
  throw new RefusedFile(
    'it is a pipe, a device or a directory, not a regular file; have the program write a plain file there',
  )
}

function realPath(file: Omit<FollowedFile, 'clock'>): string | undefined {
  try {
    const path = realpathSync(file.path)
    const root = realpathSync(file.root)
    if (path.startsWith(root.endsWith(sep) ? root : root + sep)) return path
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    throw new RefusedFile(`it cannot be reached (${codeOf(cause)}); have the program leave its directory readable`, {
      cause,
    })
  }
  throw new RefusedFile(
    "it is a link that leads out of the trial's directory, and is never followed; have the program write the file itself",
  )
}

const codeOf = (cause: unknown) => (cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause))
const isAbsent = (cause: unknown) => codeOf(cause) === 'ENOENT'
