/** A short private directory for the socket: a socket's path may have 107 bytes, and a data directory may be deep. */
import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './place.ts'

const MAX_PATH_BYTES = 107
const SOCKET = '.s.PGSQL.5432'

/** The same name for the same cluster, so that restarts leave nothing behind; mode 0700, of the account Postgres runs as. */
export function socketDirectory(cluster: string, account: Account | undefined): string {
  const name = `qalam-${createHash('sha256').update(cluster).digest('hex').slice(0, 10)}`
  const roots = [account ? undefined : process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp']
  const root = roots.find(
    path => path !== undefined && Buffer.byteLength(join(path, name, SOCKET)) <= MAX_PATH_BYTES - 7,
  )
  if (root === undefined)
    throw new Error(`no directory short enough for a socket among ${roots.join(', ')}; set TMPDIR to a short path`)
  const path = join(root, name)
  const owner = account?.uid ?? process.getuid?.() ?? 0
  try {
    mkdirSync(path, { mode: 0o700 })
    if (account) chownSync(path, account.uid, account.gid)
    return path
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  }
  const found = lstatSync(path)
  if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return path
  // Somebody else took the name: nothing in it is to be trusted.
  const other = mkdtempSync(`${path}-`)
  if (account) chownSync(other, account.uid, account.gid)
  return other
}
