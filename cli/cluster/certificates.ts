/** The certificates of a cluster's webhook and store, signed by an authority of our own and renewed before they end. Pure but for the keys. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { makeAuthority, makeServer } from '#standalone'

/** PEM each; the keys of the Secret's data, as cert-manager and Katib name them. */
export interface ClusterCertificates {
  /** The authority, newest first; a former one stays while servers still show what it signed. */
  readonly 'ca.crt': string
  /** Of the newest authority. */
  readonly 'ca.key': string
  readonly 'tls.crt': string
  readonly 'tls.key': string
}

/** `held` itself where it is good for a while and for every name; anything missing or damaged is made again. */
export async function renewed(
  held: Readonly<Record<string, string>>,
  dnsNames: readonly string[],
  now: Date,
): Promise<ClusterCertificates> {
  const authority = await authorityOf(held, now)
  const { 'tls.crt': cert = '', 'tls.key': key = '' } = held
  const isGood =
    key !== '' && lasts(cert, now, SERVER_RENEW_DAYS) && isFor(cert, dnsNames) && isSignedBy(cert, authority['ca.crt'])
  if (isGood) return { ...authority, 'tls.crt': cert, 'tls.key': key }
  const made = await makeServer('qalam', AUTHORITY, authority['ca.key'], { now, days: SERVER_DAYS }, dnsNames)
  return { ...authority, 'tls.crt': made.cert, 'tls.key': made.key }
}

const DAY_MS = 86_400_000
const AUTHORITY = 'qalam cluster authority'
const AUTHORITY_DAYS = 3_650
const AUTHORITY_RENEW_DAYS = 365
const SERVER_DAYS = 90
/** A cluster that is switched off over the holidays comes back with a certificate that is still good. */
const SERVER_RENEW_DAYS = 30

async function authorityOf(
  held: Readonly<Record<string, string>>,
  now: Date,
): Promise<Pick<ClusterCertificates, 'ca.crt' | 'ca.key'>> {
  const { 'ca.crt': bundle = '', 'ca.key': key = '' } = held
  const [newest = '', ...former] = certificatesOf(bundle)
  if (lasts(newest, now, AUTHORITY_RENEW_DAYS) && fits(newest, key)) return { 'ca.crt': bundle, 'ca.key': key }
  const made = await makeAuthority(AUTHORITY, { now, days: AUTHORITY_DAYS })
  const kept = [newest, ...former].filter(cert => lasts(cert, now, 0))
  return { 'ca.crt': [made.cert, ...kept].join(''), 'ca.key': made.key }
}

const certificatesOf = (bundle: string): readonly string[] =>
  bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? []

function lasts(pem: string, now: Date, days: number): boolean {
  return holds(() => new X509Certificate(pem).validToDate.getTime() - now.getTime() > days * DAY_MS)
}

function fits(cert: string, key: string): boolean {
  return holds(() => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
}

function isFor(cert: string, dnsNames: readonly string[]): boolean {
  return holds(() => dnsNames.every(name => new X509Certificate(cert).checkHost(name) !== undefined))
}

function isSignedBy(cert: string, bundle: string): boolean {
  return holds(() => new X509Certificate(cert).verify(new X509Certificate(bundle).publicKey))
}

/** What is damaged is not good. */
function holds(claim: () => boolean): boolean {
  try {
    return claim()
  } catch {
    return false
  }
}
