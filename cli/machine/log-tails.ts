/** The ends of trials' logs on their way into the store: one that is away is asked again, for as long as it takes. */
import { hasLogger, LOGGER_CONTAINER, logContainer, type Resource, type Trial } from '#api'
import { type Clock, delay } from '#kube'
import type { ObservationStore } from '#store'

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
/** Of at most 64 KiB each. */
const MAX_WAITING = 500

export class LogTails implements Disposable {
  readonly #observations: Pick<ObservationStore, 'putLogTail'>
  readonly #clock: Clock
  readonly #note: (text: string) => void
  readonly #closing = new AbortController()
  /** By the trial's UID, oldest first. */
  readonly #waiting = new Map<string, string>()
  /** Trials whose program has printed, until their collector ends. */
  readonly #spoken = new Set<string>()
  #isBusy = false

  constructor(options: {
    readonly observations: Pick<ObservationStore, 'putLogTail'>
    readonly clock: Clock
    note(text: string): void
  }) {
    this.#observations = options.observations
    this.#clock = options.clock
    this.#note = options.note
  }

  /** Of the containers of a trial's pod, which end one after the other, the one that people mean is kept. */
  ended(pod: Resource, container: string, trial: Trial, text: string): void {
    const { uid = '' } = trial.metadata
    const wanted = logContainer(pod, trial)
    if (container === wanted) {
      // A collector that prints the file it reads ends after its program.
      if (text !== '' && wanted !== LOGGER_CONTAINER && hasLogger(pod)) this.#spoken.add(uid)
      if (text !== '') this.keep(uid, text)
    } else if (container === LOGGER_CONTAINER && !this.#spoken.delete(uid) && text !== '') this.keep(uid, text)
  }

  keep(trialUid: string, text: string): void {
    this.#observations.putLogTail(trialUid, text).catch(error => this.#wait(trialUid, text, error))
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new Error('the machine is closed'))
  }

  #wait(trialUid: string, text: string, cause: Error): void {
    if (this.#closing.signal.aborted) return
    if (this.#waiting.size === 0) this.#note(`the ends of logs wait to be stored: ${cause.message}`)
    this.#waiting.set(trialUid, text)
    if (this.#waiting.size > MAX_WAITING) {
      const [oldest] = this.#waiting.keys()
      this.#waiting.delete(oldest)
      this.#note(`the end of a log was not kept: ${MAX_WAITING} others wait; it is in the trial's directory`)
    }
    if (!this.#isBusy) void this.#insist()
  }

  async #insist(): Promise<void> {
    this.#isBusy = true
    const { signal } = this.#closing
    for (let retryMs = FIRST_RETRY_MS; this.#waiting.size > 0; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      await delay(this.#clock, retryMs, signal).catch(() => {})
      if (signal.aborted) return
      if (await this.#sendAll()) retryMs = FIRST_RETRY_MS
    }
    this.#isBusy = false
  }

  /** False: the store is still away. */
  async #sendAll(): Promise<boolean> {
    for (const [trialUid, text] of this.#waiting) {
      try {
        await this.#observations.putLogTail(trialUid, text)
      } catch {
        return false
      }
      // Another one of the same trial may have come meanwhile.
      if (this.#waiting.get(trialUid) === text) this.#waiting.delete(trialUid)
    }
    return true
  }
}
