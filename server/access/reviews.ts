/** Who a bearer is, and what he may do, as the cluster says: TokenReview and SubjectAccessReview, kept for a short while. */
import { createHash } from 'node:crypto'
import { STORE_AUDIENCE } from '#api'
import type { Clock, Transport } from '#kube'
import { askReview } from './ask-review.ts'
import { Expiring } from './expiring.ts'
import { claimsAudience } from './service-account-token.ts'

export interface Identity {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
  /** The token was made for us alone; absent: for the API server. */
  readonly isForStore: boolean
}

/** A right, in the words of Kubernetes' authorization. */
export interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** Absent: in all namespaces. */
  readonly namespace?: string
  readonly name?: string
}

/** Who a bearer is, and what he may do; where it is asked depends on the rights of our own account. */
export interface AccessReviews {
  /** `undefined`: the cluster does not know the token, or it is for somebody else. Rejects while nobody can say. */
  authenticate(token: string): Promise<Identity | undefined>
  allows(identity: Omit<Identity, 'isForStore'>, right: Right): Promise<boolean>
}

/** A deleted pod's token, or a right that was taken away, is good for at most so long. */
export const KEPT_MS = { token: 60_000, right: 10_000, denial: 2_000 }

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
