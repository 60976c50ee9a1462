/**
 * Before the API, so that a process full of work adds nothing to an overload of the server.
 *
 * States. open: requests pass. held: the server said that it has no room for us, and for how long; requests wait. asking: that
 * time is over and one request is under way to see; the others wait for what it is told. An answer opens, another refusal
 * holds again, and where none comes the next in line asks. What was refused goes back to who sent it: he decides anew; or it
 * waits in line again itself.
 *
 * Meant is the server's own protection (API priority and fairness, the limit on requests in flight), which counts all of a
 * client's requests together and answers 429 with Retry-After and without a Status. A 429 that is a Status speaks of one
 * object, a webhook of somebody else's for example, and holds nobody else up.
 */
import type { Clock } from './clock.ts'
import type { KubeRequest, KubeResponse, Transport } from './transport.ts'

export interface PatientOptions {
  readonly clock: Clock
  /** For those who would only ask the same again: no answer is a refusal of this kind. Default false. */
  readonly asksAgain?: boolean
  /** Hears when the server has no room, and when it has again. */
  log(line: string): void
}

/** Keeps the order of requests that wait. A request that aborts while it waits is not sent. */
export function patientTransport(transport: Transport, options: PatientOptions): Transport {
  const gate = new Gate(options)
  return {
    async send(request) {
      for (;;) {
        const isAsking = await gate.pass(request.signal)
        const response = await sent(request, isAsking)
        const busyMs = busyFor(response)
        if (busyMs !== undefined) gate.hold(busyMs)
        else if (isAsking) gate.open()
        if (busyMs === undefined || !options.asksAgain) return response
        await response.text()
      }
    },
  }

  async function sent(request: KubeRequest, isAsking: boolean): Promise<KubeResponse> {
    try {
      return await transport.send(request)
    } catch (error) {
      // A server that is away has no queue either: everybody may see for himself.
      if (isAsking && request.signal?.aborted) gate.askAgain()
      else if (isAsking) gate.open()
      throw error
    }
  }
}

/** Whoever asks for more is asked again anyway: with nothing sent nobody knows that it is over. */
const LONGEST_HOLD_MS = 30_000
/** The server may be so busy that it does not even refuse. */
const ANSWER_MS = 5_000

function busyFor({ status, headers }: KubeResponse): number | undefined {
  if (status !== 429 || headers['content-type']?.startsWith('application/json')) return undefined
  const seconds = Number(headers['retry-after'])
  return seconds >= 0 ? Math.min(seconds * 1_000, LONGEST_HOLD_MS) : undefined
}

class Gate {
  readonly #options: PatientOptions
  /** Since when it is not open. */
  #heldSinceMs: number | undefined
  /** When the next may ask. */
  #timer: Disposable | undefined
  /** It is time to ask, and nobody waits: whoever comes first. */
  #isAskable = false
  /** In the order in which they came. */
  readonly #waiting = new Set<(isAsking: boolean) => void>()

  constructor(options: PatientOptions) {
    this.#options = options
  }

  /** Resolves when the request may go; true: what it is told counts for all. */
  async pass(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#heldSinceMs === undefined) return false
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const go = (isAsking: boolean) => {
        signal?.removeEventListener('abort', giveUp)
        resolve(isAsking)
      }
      const giveUp = () => {
        this.#waiting.delete(go)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(go)
      if (this.#isAskable) this.#ask()
    })
  }

  hold(forMs: number): void {
    const { clock, log } = this.#options
    if (this.#heldSinceMs === undefined) {
      this.#heldSinceMs = clock.monotonicMs()
      log(`the API server has no room for us (429): requests wait until it has; the next goes in ${forMs / 1_000} s`)
    }
    this.#askAfter(forMs)
  }

  open(): void {
    const { clock, log } = this.#options
    if (this.#heldSinceMs === undefined) return
    const seconds = Math.round((clock.monotonicMs() - this.#heldSinceMs) / 1_000)
    log(`the API server has room for us again after ${seconds} s; ${this.#waiting.size} requests waited`)
    this.#heldSinceMs = undefined
    this.#isAskable = false
    this.#timer?.[Symbol.dispose]()
    for (const go of this.#waiting) go(false)
    this.#waiting.clear()
  }

  /** The one that asked gave up before it was told anything. */
  askAgain(): void {
    if (this.#heldSinceMs !== undefined) this.#askAfter(0)
  }

  #askAfter(delayMs: number): void {
    this.#isAskable = false
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#options.clock.after(delayMs, () => this.#ask())
  }

  #ask(): void {
    const [first] = this.#waiting
    this.#isAskable = first === undefined
    if (first === undefined) return
    this.#waiting.delete(first)
    this.#askAfter(ANSWER_MS)
    first(true)
  }
}
