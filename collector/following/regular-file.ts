/** Opens what a trial may have put anywhere: a regular file below the trial's own directory, or nothing. */
import { closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'

export interface TrialFile {
  readonly path: string
  /** The file must really lie below this directory; links that lead out are refused. */
  readonly root: string
}

export interface OpenFile {
  readonly descriptor: number
  readonly inode: bigint
}

/** The file is something that is never read: a link out of the trial's directory, a pipe, a device. */
export class RefusedFile extends Error {
  override readonly name = 'RefusedFile'
}

/** Opens for reading, without waiting for a pipe's other end. `undefined`: not there yet. Throws `RefusedFile`. */
export function openRegular(file: TrialFile): OpenFile | undefined {
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

function realPath(file: TrialFile): string | undefined {
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
