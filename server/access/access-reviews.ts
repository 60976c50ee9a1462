/** Who a bearer is, and what he may do: what every place answers that can be asked. */

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
