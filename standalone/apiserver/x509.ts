/** X.509 certificates (RFC 5280) with ECDSA on P-256 (RFC 5480, RFC 5758): an authority and what it signs. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, explicit, implicit, integer, objectIdentifier, octets, sequence, set, text, time, truth } from './der.ts'

export interface Pair {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS 8. */
  readonly key: string
}

export interface Validity {
  readonly from: Date
  readonly until: Date
}

/** A self-signed authority that signs servers and no further authorities. */
export function makeAuthority(name: string, validity: Validity): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const extensions = [
    extension('2.5.29.19', sequence(truth(), integer(Buffer.from([0]))), true),
    // keyCertSign and cRLSign.
    extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    extension('2.5.29.14', octets(keyIdentifier(publicKey))),
  ]
  return pair({ subject: name, issuer: name, validity, publicKey, signer: privateKey, extensions }, privateKey)
}

/** A server's certificate for `localhost`, the loopback addresses and `dnsNames`, signed by `signer`, whose name is `issuer`. */
export function makeServer(
  name: string,
  issuer: string,
  signer: KeyObject,
  validity: Validity,
  dnsNames: readonly string[] = [],
): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = [
    ...[...dnsNames, 'localhost'].map(dnsName => implicit(2, Buffer.from(dnsName))),
    implicit(7, Buffer.from([127, 0, 0, 1])),
    implicit(7, Buffer.from([...new Array<number>(15).fill(0), 1])),
  ]
  const extensions = [
    extension('2.5.29.19', sequence(), true),
    // digitalSignature.
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
    // Extended key usage: server authentication.
    extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', sequence(...names)),
    extension('2.5.29.35', sequence(implicit(0, keyIdentifier(createPublicKey(signer))))),
    extension('2.5.29.14', octets(keyIdentifier(publicKey))),
  ]
  return pair({ subject: name, issuer, validity, publicKey, signer, extensions }, privateKey)
}

interface Contents {
  readonly subject: string
  readonly issuer: string
  readonly validity: Validity
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly extensions: readonly Buffer[]
}

function pair(contents: Contents, privateKey: KeyObject): Pair {
  const { subject, issuer, validity, publicKey, signer, extensions } = contents
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    serialNumber(),
    signatureAlgorithm(),
    commonName(issuer),
    sequence(time(validity.from), time(validity.until)),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  )
  const cert = sequence(body, signatureAlgorithm(), bits(sign('sha256', body, signer)))
  return { cert: pem('CERTIFICATE', cert), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

/** 127 random bits: positive, and never the same twice in practice (RFC 5280, section 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] & 0x7f) | 0x40
  return integer(bytes)
}

/** ecdsa-with-SHA256. */
const signatureAlgorithm = () => sequence(objectIdentifier('1.2.840.10045.4.3.2'))

const commonName = (name: string) => sequence(set(sequence(objectIdentifier('2.5.4.3'), text(name))))

const extension = (identifier: string, value: Buffer, isCritical = false) =>
  sequence(objectIdentifier(identifier), ...(isCritical ? [truth()] : []), octets(value))

/** A digest of the public key; its only use is to be equal in both certificates (RFC 5280, section 4.2.1.2). */
const keyIdentifier = (publicKey: KeyObject) =>
  createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()

const pem = (label: string, content: Buffer) =>
  `-----BEGIN ${label}-----\n${content
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n-----END ${label}-----\n`
