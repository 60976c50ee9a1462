/**
 * A ServiceAccount's token, verified without asking anybody: signature by a key that the cluster publishes, issuer, audience and
 * time (RFC 7519 section 4.1, signatures of RFC 7518 section 3.1). Whether the pod that it is bound to is still there, the
 * caller has to see for itself.
 */
import type { JWK } from 'jose'
import type { Identity } from './access-reviews.ts'

/** What the cluster publishes of itself. */
export interface TokenIssuer {
  readonly issuer: string
  readonly keys: readonly JWK[]
}

interface Claims {
  readonly sub?: string
  readonly 'kubernetes.io'?: {
    readonly namespace?: string
    readonly pod?: { readonly name: string; readonly uid: string }
    readonly serviceaccount?: { readonly name: string; readonly uid: string }
  }
}

/** As a TokenReview would name who it is; undefined: the token is not good. */
export async function verifiedIdentity(
  token: string,
  { issuer, keys }: TokenIssuer,
  { audience, now }: { readonly audience: string; readonly now: Date },
): Promise<Identity | undefined> {
  // Only who is in a cluster's namespace alone needs it.
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  const expected = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp'], currentDate: now }
  try {
    const { payload } = await jwtVerify<Claims>(token, createLocalJWKSet({ keys: [...keys] }), expected)
    return identityOf(payload)
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
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
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
