/**
 * Events, beside the path of the trial: nobody waits for them. They are written as they come. One that the server has no room for,
 * or that nobody answers, waits with those that come after it; they are sent in their order, with the time at which they were
 * told, as soon as the first gets through. Of those that wait the newest are kept.
 */
import { ApiError, type Resource, rfc3339 } from '#api'
import { type Clock, codeOf } from '#kube'
import type { PlannedEvent } from './reconciler.ts'

interface Options {
  readonly clock: Clock
  /** Creates it on the API server. */
  write(event: Resource): Promise<unknown>
  log(line: string): void
}

/** Some 1 KiB each. */
const KEPT = 1_000
const AGAIN_MS = 2_000
/** For a quarter of an hour without an answer; then conditions are what remains to be read. */
const ATTEMPTS = 450

export class EventSender implements Disposable {
  readonly #options: Options
  readonly #nameOf: (object: string) => string
  /** In the order in which they were told. */
  readonly #waiting: Resource[] = []
  /** Since one was not taken: all others wait. */
  #isHeld = false
  #timer: Disposable | undefined
  #attempts = 0
  #lost = 0
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    this.#nameOf = eventNames(options.clock)
  }

  /** Returns at once, and never throws. */
  send(about: Resource, event: PlannedEvent): void {
    const object = eventObject(about, event, this.#nameOf(about.metadata.name), this.#options.clock.now())
    if (this.#isHeld) this.#keep(object)
    else
      void this.#written(object).then(isWritten => {
        if (isWritten) return
        this.#keep(object)
        if (!this.#isHeld) this.#hold()
      })
  }

  /** What waits is lost. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
  }

  #keep(object: Resource): void {
    this.#waiting.push(object)
    if (this.#waiting.length <= KEPT) return
    this.#waiting.shift()
    this.#lost++
  }

  #hold(): void {
    this.#isHeld = !this.#isClosed
    if (this.#isHeld) this.#timer = this.#options.clock.after(AGAIN_MS, () => void this.#again())
  }

  async #again(): Promise<void> {
    this.#attempts = (await this.#sendWaiting()) ? 0 : this.#attempts + 1
    if (this.#waiting.length > 0 && this.#attempts < ATTEMPTS) return this.#hold()
    this.#lost += this.#waiting.splice(0).length
    if (this.#lost > 0) this.#options.log(`${this.#lost} events were lost: the API server took none for too long`)
    this.#lost = 0
    this.#attempts = 0
    this.#isHeld = false
  }

  /** True: the first at least got through. */
  async #sendWaiting(): Promise<boolean> {
    for (let sent = 0; ; sent++) {
      const [next] = this.#waiting
      if (next === undefined || this.#isClosed || !(await this.#written(next))) return sent > 0
      // A newer one may have pushed it out meanwhile.
      if (this.#waiting[0] === next) this.#waiting.shift()
    }
  }

  /** False: again later. What is refused for good is logged. */
  async #written(object: Resource): Promise<boolean> {
    try {
      await this.#options.write(object)
    } catch (error) {
      if (passes(error)) return false
      // An earlier try got through, and its answer was lost.
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return true
      const { kind, namespace, name } = object.involvedObject as { kind: string; namespace: string; name: string }
      this.#options.log(`an event of ${kind} ${namespace}/${name} was lost: ${(error as Error).message}`)
    }
    return true
  }
}

/** No room, or trouble of the server's own. A connection that fails has a code; a closed transport and a lost lease have none. */
function passes(error: unknown): boolean {
  return error instanceof ApiError ? error.code === 429 || error.code >= 500 : codeOf(error) !== undefined
}

/** Named by the nanosecond, as everywhere: what happened within a second is then listed in its order. */
function eventNames(clock: Clock): (object: string) => string {
  let count = 0n
  return object => {
    count = (count + 1n) % 1_000_000n
    const at = BigInt(clock.now().getTime()) * 1_000_000n + count
    return `${object.slice(0, 200)}.${at.toString(16)}`
  }
}

function eventObject(about: Resource, event: PlannedEvent, name: string, now: Date): Resource {
  const { apiVersion, kind, metadata } = about
  const namespace = metadata.namespace ?? 'default'
  const time = rfc3339(now)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion,
      kind,
      namespace,
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, 1_024),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: `${kind.toLowerCase()}-controller` },
    reportingComponent: `${kind.toLowerCase()}-controller`,
    reportingInstance: 'qalam',
  }
}
