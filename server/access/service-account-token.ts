/**
 * A ServiceAccount's token, verified without asking anybody: signature by a key that the cluster publishes, issuer, audience and
 * time (RFC 7519 section 4.1, signatures of RFC 7518 section 3.1). Whether the pod that it is bound to is still there, the
 * caller has to see for itself.
 */
import { createPublicKey, type VerifyKeyObjectInput, verify, type webcrypto } from 'node:crypto'
import type { Identity } from './access-reviews.ts'

/** What the cluster publishes of itself. */
export interface TokenIssuer {
  readonly issuer: string
  readonly keys: readonly (webcrypto.JsonWebKey & { readonly kid?: string })[]
}

interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly exp?: number
  readonly nbf?: number
  readonly 'kubernetes.io'?: {
    readonly namespace?: string
    readonly pod?: { readonly name: string; readonly uid: string }
    readonly serviceaccount?: { readonly name: string; readonly uid: string }
  }
}

/** As a TokenReview would name who it is; undefined: the token is not good. */
export function verifiedIdentity(
  token: string,
  { issuer, keys }: TokenIssuer,
  { audience, now }: { readonly audience: string; readonly now: Date },
): Identity | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.')
  const header = decoded<{ alg?: string; kid?: string }>(head)
  const claims = decoded<Claims>(body)
  const key = keys.find(({ kid }) => kid === header?.kid)
  const hash = HASHES[header?.alg ?? '']
  if (!header || !claims || !key || !hash || rest.length > 0) return undefined
  const isSigned = verify(hash, Buffer.from(`${head}.${body}`), keyOf(key), Buffer.from(signature, 'base64url'))
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : (claims.aud ?? [])
  const seconds = now.getTime() / 1_000
  const isTimely = seconds < (claims.exp ?? 0) && seconds >= (claims.nbf ?? 0)
  if (!isSigned || claims.iss !== issuer || !audiences.includes(audience) || !isTimely) return undefined
  return identityOf(claims)
}

/** What a token says of its audience; nothing of it is proved. */
export function claimsAudience(token: string, audience: string): boolean {
  const { aud } = decoded<Claims>(token.split('.')[1] ?? '') ?? {}
  return aud === audience || (Array.isArray(aud) && aud.includes(audience))
}

function identityOf({ sub, 'kubernetes.io': bound }: Claims): Identity | undefined {
  const { namespace, pod, serviceaccount } = bound ?? {}
  if (!namespace || !serviceaccount || sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`)
    return undefined
  return {
    username: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(pod && {
      extra: {
        'authentication.kubernetes.io/pod-name': [pod.name],
        'authentication.kubernetes.io/pod-uid': [pod.uid],
      },
    }),
    isForStore: true,
  }
}

/** Those that API servers sign with. */
const HASHES: Readonly<Record<string, string>> = {
  ...{ RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' },
  ...{ ES256: 'SHA256', ES384: 'SHA384', ES512: 'SHA512' },
}

function keyOf(key: webcrypto.JsonWebKey): VerifyKeyObjectInput {
  return { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
}

function decoded<T>(part: string): T | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    // Each field is looked at before it counts.
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    // No part of a token.
    return undefined
  }
}
