/**
 * Who a bearer is and what he may do, where our account has rights in one namespace alone: no TokenReview and no
 * SubjectAccessReview, which take rights of the whole cluster.
 *
 * Tokens for the store are verified with the keys that the cluster publishes to all its ServiceAccounts. Other tokens are for the
 * API server: it is asked with the token itself who that is (SelfSubjectReview). Rights in our namespace are reviewed there
 * (LocalSubjectAccessReview); elsewhere nobody has any.
 */
import { createHash } from 'node:crypto'
import { ApiError, STORE_AUDIENCE } from '#api'
import type { Clock, Transport } from '#kube'
import { type AccessReviews, type Identity, KEPT_MS, type Right } from './access-reviews.ts'
import { askReview } from './ask-review.ts'
import { Expiring } from './expiring.ts'
import { type TokenIssuer, verifiedIdentity } from './service-account-token.ts'
import { claimsAudience } from './token-audience.ts'

export interface NamespacedReviewsOptions {
  readonly transport: Transport
  /** The same API, asked as whoever has the token. */
  as(token: string): Transport
  readonly clock: Clock
  readonly namespace: string
}

export class NamespacedReviews implements AccessReviews {
  readonly #options: NamespacedReviewsOptions
  readonly #issuers: Expiring<TokenIssuer>
  readonly #identities: Expiring<Identity | undefined>
  readonly #rights: Expiring<boolean>

  constructor(options: NamespacedReviewsOptions) {
    this.#options = options
    this.#issuers = new Expiring(options.clock, () => ISSUER_MS)
    this.#identities = new Expiring(options.clock, identity => (identity ? KEPT_MS.token : KEPT_MS.denial))
    this.#rights = new Expiring(options.clock, isAllowed => (isAllowed ? KEPT_MS.right : KEPT_MS.denial))
  }

  authenticate(token: string): Promise<Identity | undefined> {
    const key = createHash('sha256').update(token).digest('base64')
    return this.#identities.of(key, () =>
      claimsAudience(token, STORE_AUDIENCE) ? this.#verified(token) : this.#selfOf(token),
    )
  }

  async allows({ username, uid, groups, extra }: Omit<Identity, 'isForStore'>, right: Right): Promise<boolean> {
    const { namespace, transport } = this.#options
    if (right.namespace !== namespace) return false
    return this.#rights.of(JSON.stringify([username, uid, groups, extra, right]), async () => {
      const spec = { user: username, uid, groups, extra, resourceAttributes: { version: '*', ...right } }
      const status = await askReview<{ allowed?: boolean }>(transport, 'LocalSubjectAccessReview', spec, namespace)
      return status.allowed === true
    })
  }

  /** Pods of other namespaces are none of ours, and we could not see whether they are still there. */
  async #verified(token: string): Promise<Identity | undefined> {
    const { clock, namespace } = this.#options
    const issuer = await this.#issuers.of('', () => this.#issuer())
    const identity = await verifiedIdentity(token, issuer, { audience: STORE_AUDIENCE, now: clock.now() })
    return identity?.username.startsWith(`system:serviceaccount:${namespace}:`) ? identity : undefined
  }

  async #issuer(): Promise<TokenIssuer> {
    const { transport } = this.#options
    const { issuer } = await published<{ issuer: string }>(transport, '/.well-known/openid-configuration')
    const { keys } = await published<{ keys: TokenIssuer['keys'] }>(transport, '/openid/v1/jwks')
    return { issuer, keys }
  }

  async #selfOf(token: string): Promise<Identity | undefined> {
    try {
      const { userInfo } = await askReview<SelfStatus>(this.#options.as(token), 'SelfSubjectReview')
      return userInfo?.username ? { ...userInfo, username: userInfo.username, isForStore: false } : undefined
    } catch (error) {
      if (error instanceof ApiError && error.code === 401) return undefined
      throw error
    }
  }
}

/** A key that is taken out is trusted for at most so long. */
const ISSUER_MS = 60_000

interface SelfStatus {
  readonly userInfo?: Omit<Identity, 'isForStore' | 'username'> & { readonly username?: string }
}

async function published<T>(transport: Transport, path: string): Promise<T> {
  const reply = await transport.send({ method: 'GET', path })
  const text = await reply.text()
  if (reply.status !== 200) throw new Error(`${path}: the API server answered ${reply.status}: ${text.slice(0, 300)}`)
  // RFC 8414 and RFC 7517 say what stands there.
  return JSON.parse(text) as T
}
