/** Who a bearer is, and what he may do, as the cluster says: TokenReview and SubjectAccessReview, kept for a short while. */
import { createHash } from 'node:crypto'
import { STORE_AUDIENCE } from '#api'
import type { Clock, Transport } from '#kube'
import { Expiring } from './expiring.ts'

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

/** A deleted pod's token, or a right that was taken away, is good for at most so long. */
const KEPT_MS = { token: 60_000, right: 10_000, denial: 2_000 }

export class Reviews {
  readonly #transport: Transport
  readonly #identities: Expiring<Identity | undefined>
  readonly #rights: Expiring<boolean>

  constructor({ transport, clock }: { readonly transport: Transport; readonly clock: Clock }) {
    this.#transport = transport
    this.#identities = new Expiring(clock, identity => (identity ? KEPT_MS.token : KEPT_MS.denial))
    this.#rights = new Expiring(clock, isAllowed => (isAllowed ? KEPT_MS.right : KEPT_MS.denial))
  }

  /** `undefined`: the cluster does not know the token, or it is for somebody else. Rejects while the API server is away. */
  authenticate(token: string): Promise<Identity | undefined> {
    const key = createHash('sha256').update(token).digest('base64')
    return this.#identities.of(key, async () => {
      const isForStore = audiencesOf(token).includes(STORE_AUDIENCE)
      const spec = { token, ...(isForStore ? { audiences: [STORE_AUDIENCE] } : {}) }
      const { status } = await this.#review<TokenReviewStatus>('authentication.k8s.io', 'TokenReview', spec)
      const { authenticated, user, audiences = [] } = status
      if (!authenticated || !user?.username || (isForStore && !audiences.includes(STORE_AUDIENCE))) return undefined
      return { ...user, username: user.username, isForStore }
    })
  }

  allows({ username, uid, groups, extra }: Omit<Identity, 'isForStore'>, right: Right): Promise<boolean> {
    return this.#rights.of(JSON.stringify([username, uid, groups, extra, right]), async () => {
      const spec = { user: username, uid, groups, extra, resourceAttributes: { version: '*', ...right } }
      const { status } = await this.#review<{ allowed?: boolean }>('authorization.k8s.io', 'SubjectAccessReview', spec)
      return status.allowed === true
    })
  }

  async #review<S>(group: string, kind: string, spec: object): Promise<{ readonly status: S }> {
    const path = `/apis/${group}/v1/${kind.toLowerCase()}s`
    const reply = await this.#transport.send({
      method: 'POST',
      path,
      body: { apiVersion: `${group}/v1`, kind, metadata: {}, spec },
    })
    const text = await reply.text()
    if (reply.status >= 300) throw new Error(`${kind}: the API server answered ${reply.status}: ${text.slice(0, 300)}`)
    // What the API server answers to a review is that review with its status.
    return JSON.parse(text) as { status: S }
  }
}

interface TokenReviewStatus {
  readonly authenticated?: boolean
  readonly audiences?: readonly string[]
  readonly user?: Omit<Identity, 'isForStore' | 'username'> & { readonly username?: string }
}

/** What a token says of itself; only the API server's word about it counts. */
function audiencesOf(token: string): readonly unknown[] {
  try {
    const { aud } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      aud?: unknown
    }
    return Array.isArray(aud) ? aud : [aud]
  } catch {
    // No JSON web token: it is for whoever knows it.
    return []
  }
}
