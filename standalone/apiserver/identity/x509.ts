/** X.509 certificates (RFC 5280) with ECDSA on P-256: an authority and what it signs. The library is loaded by who issues one. */
import { createPrivateKey, createPublicKey, KeyObject, randomBytes } from 'node:crypto'

export interface Pair {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS 8. */
  readonly key: string
}

/** Its life: it begins a day before, for clocks that differ. */
export interface Life {
  readonly now: Date
  readonly days: number
}

const DAY_MS = 86_400_000
const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURES = { name: 'ECDSA', hash: 'SHA-256' } as const

/** A self-signed authority that signs servers and no further authorities. */
export async function makeAuthority(name: string, life: Life): Promise<Pair> {
  const library = await loaded()
  const keys = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])
  const certificate = await library.X509CertificateGenerator.createSelfSigned({
    ...contents(name, life),
    keys,
    extensions: [
      new library.BasicConstraintsExtension(true, undefined, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign | library.KeyUsageFlags.cRLSign, true),
      await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pair(certificate.toString('pem'), keys.privateKey)
}

/**
 * A server's certificate for `localhost`, the loopback addresses and `dnsNames`, signed by the authority `issuer`, whose key
 * is `signer`, PEM.
 */
export async function makeServer(
  name: string,
  issuer: string,
  signer: string,
  life: Life,
  dnsNames: readonly string[] = [],
): Promise<Pair> {
  const library = await loaded()
  const keys = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])
  const authority = await webKeys(signer)
  const certificate = await library.X509CertificateGenerator.create({
    ...contents(name, life),
    issuer: `CN=${issuer}`,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new library.BasicConstraintsExtension(false, undefined, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
      new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
      new library.SubjectAlternativeNameExtension([
        ...[...dnsNames, 'localhost'].map(value => ({ type: 'dns' as const, value })),
        ...['127.0.0.1', '::1'].map(value => ({ type: 'ip' as const, value })),
      ]),
      await library.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pair(certificate.toString('pem'), keys.privateKey)
}

async function loaded() {
  // The library finds its parts by the metadata of decorators.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

const contents = (name: string, { now, days }: Life) => ({
  subject: `CN=${name}`,
  name: `CN=${name}`,
  serialNumber: serialNumber(),
  notBefore: new Date(now.getTime() - DAY_MS),
  notAfter: new Date(now.getTime() + days * DAY_MS),
  signingAlgorithm: SIGNATURES,
})

/** 127 random bits: positive, and never the same twice in practice (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function webKeys(pem: string) {
  const key = createPrivateKey(pem)
  const exported = { type: 'spki', format: 'der' } as const
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), KEYS, false, [
      'sign',
    ]),
    publicKey: await crypto.subtle.importKey('spki', createPublicKey(key).export(exported), KEYS, true, ['verify']),
  }
}

const pair = (cert: string, key: CryptoKey): Pair => ({
  cert: `${cert.trimEnd()}\n`,
  key: KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }) as string,
})
