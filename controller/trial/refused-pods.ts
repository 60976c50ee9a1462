/** Why a job has no pod: its controller's own words, which stand in events alone (a quota, a policy, an account that is not there). */
import type { Resource } from '#api'
import type { Clock, ReadingClient } from '#kube'

interface Said {
  readonly atMs: number
  readonly sentence: string | undefined
}
interface Event extends Resource {
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

/** A job without a pod for so long is asked about. */
export const PODLESS_MS = 10_000
/** Each of them at most so often. */
const AGAIN_MS = 30_000

export class RefusedPods {
  readonly #client: ReadingClient
  readonly #clock: Clock
  /** By UID of the job. */
  readonly #said = new Map<string, Said>()

  constructor(client: ReadingClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Undefined: nothing is said, or it cannot be asked now. */
  async because({ metadata }: Resource, signal: AbortSignal): Promise<string | undefined> {
    const { namespace = 'default', uid = '' } = metadata
    const nowMs = this.#clock.monotonicMs()
    const known = this.#said.get(uid)
    if (known && nowMs - known.atMs < AGAIN_MS) return known.sentence
    for (const [other, { atMs }] of this.#said) if (nowMs - atMs > 4 * AGAIN_MS) this.#said.delete(other)
    const sentence = await this.#ask(namespace, uid, signal)
    this.#said.set(uid, { atMs: nowMs, sentence })
    return sentence
  }

  async #ask(namespace: string, uid: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const place = { namespace, fieldSelector: `involvedObject.uid=${uid}` }
      const { items } = await this.#client.list<Event>({ apiVersion: 'v1', kind: 'Event' }, place, signal)
      const refused = items
        .filter(({ reason }) => reason === 'FailedCreate')
        .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
      return refused.at(-1)?.message
    } catch {
      // No right to read events, or no answer: the sentence goes without.
      return undefined
    }
  }
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: Event) =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? ''
