/** The server's identity on this machine: an authority of its own and a certificate for loopback names, kept in files. */

import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeAuthority, makeServer, type Pair } from './x509.ts'

export interface Certificates {
  /** PEM each. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
const SERVER_DAYS = 365
/** A server that runs for a month without a restart keeps a valid certificate. */
const RENEW_BEFORE_DAYS = 60

/**
 * The certificates of a data directory, made on first use and renewed 60 days before they end. A renewed server
 * certificate is signed by the same authority, so kubeconfigs stay valid until the authority itself is renewed.
 */
export async function certificates(directory: string, now: Date): Promise<Certificates> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const authority = await authorityOf(directory, now)
  const [cert, key] = await Promise.all([read(directory, 'server.crt'), read(directory, 'server.key')])
  if (cert && key && lasts(cert, now) && isSignedBy(cert, authority.cert)) return { ca: authority.cert, cert, key }
  const issued = await makeServer('qalam', AUTHORITY, authority.key, { now, days: SERVER_DAYS })
  await keep(directory, 'server.key', issued.key)
  await keep(directory, 'server.crt', issued.cert)
  return { ca: authority.cert, ...issued }
}

async function authorityOf(directory: string, now: Date): Promise<Pair> {
  const [cert, key] = await Promise.all([read(directory, 'ca.crt'), read(directory, 'ca.key')])
  if (cert && key && lasts(cert, now)) return { cert, key }
  const made = await makeAuthority(AUTHORITY, { now, days: AUTHORITY_DAYS })
  await keep(directory, 'ca.key', made.key)
  await keep(directory, 'ca.crt', made.cert)
  return made
}
const AUTHORITY = 'qalam local authority'

function lasts(pem: string, now: Date): boolean {
  try {
    return new X509Certificate(pem).validToDate.getTime() - now.getTime() > RENEW_BEFORE_DAYS * DAY_MS
  } catch {
    // Damaged: a fresh one replaces it.
    return false
  }
}

function isSignedBy(cert: string, ca: string): boolean {
  const authority = new X509Certificate(ca)
  return new X509Certificate(cert).verify(authority.publicKey)
}

async function read(directory: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all, readable by the owner alone. */
async function keep(directory: string, name: string, text: string): Promise<void> {
  const path = join(directory, name)
  await writeFile(`${path}.part`, text, { mode: 0o600 })
  await chmod(`${path}.part`, 0o600)
  await rename(`${path}.part`, path)
}
