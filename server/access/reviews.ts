/** Who a bearer is, and what he may do, as the cluster says: TokenReview and SubjectAccessReview, kept for a short while. */
import { createHash } from 'node:crypto'
import { STORE_AUDIENCE } from '#api'
import type { Clock, Transport } from '#kube'
import { type AccessReviews, type Identity, KEPT_MS, type Right } from './access-reviews.ts'
import { askReview } from './ask-review.ts'
import { Expiring } from './expiring.ts'
import { claimsAudience } from './token-audience.ts'

export class Reviews implements AccessReviews {
  readonly #transport: Transport
  readonly #identities: Expiring<Identity | undefined>
  readonly #rights: Expiring<boolean>

  constructor({ transport, clock }: { readonly transport: Transport; readonly clock: Clock }) {
    this.#transport = transport
    this.#identities = new Expiring(clock, identity => (identity ? KEPT_MS.token : KEPT_MS.denial))
    this.#rights = new Expiring(clock, isAllowed => (isAllowed ? KEPT_MS.right : KEPT_MS.denial))
  }

  authenticate(token: string): Promise<Identity | undefined> {
    const key = createHash('sha256').update(token).digest('base64')
    return this.#identities.of(key, async () => {
      const isForStore = claimsAudience(token, STORE_AUDIENCE)
      const spec = { token, ...(isForStore ? { audiences: [STORE_AUDIENCE] } : {}) }
      const status = await askReview<TokenReviewStatus>(this.#transport, 'TokenReview', spec)
      const { authenticated, user, audiences = [] } = status
      if (!authenticated || !user?.username || (isForStore && !audiences.includes(STORE_AUDIENCE))) return undefined
      return { ...user, username: user.username, isForStore }
    })
  }

  allows({ username, uid, groups, extra }: Omit<Identity, 'isForStore'>, right: Right): Promise<boolean> {
    return this.#rights.of(JSON.stringify([username, uid, groups, extra, right]), async () => {
      const spec = { user: username, uid, groups, extra, resourceAttributes: { version: '*', ...right } }
      const status = await askReview<{ allowed?: boolean }>(this.#transport, 'SubjectAccessReview', spec)
      return status.allowed === true
    })
  }
}

interface TokenReviewStatus {
  readonly authenticated?: boolean
  readonly audiences?: readonly string[]
  readonly user?: Omit<Identity, 'isForStore' | 'username'> & { readonly username?: string }
}
