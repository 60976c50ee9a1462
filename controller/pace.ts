/** Something done for a key at once, and then at most so often: what is asked for meanwhile is done once, when its time has come. */
import type { Clock } from '#kube'

/** States of a key: idle (not known; asked for, it is done at once); resting (done a moment ago); due (asked for while resting). */
export class Pace implements Disposable {
  readonly #clock: Pick<Clock, 'after'>
  readonly #everyMs: number
  readonly #run: (key: string) => void
  readonly #keys = new Map<string, { isDue: boolean; readonly timer: Disposable }>()

  constructor(clock: Pick<Clock, 'after'>, everyMs: number, run: (key: string) => void) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#run = run
  }

  ask(key: string): void {
    const resting = this.#keys.get(key)
    if (resting) resting.isDue = true
    else this.#do(key)
  }

  /** What is due is not done any more. */
  [Symbol.dispose](): void {
    for (const { timer } of this.#keys.values()) timer[Symbol.dispose]()
    this.#keys.clear()
  }

  #do(key: string): void {
    const timer = this.#clock.after(this.#everyMs, () => {
      const isDue = this.#keys.get(key)?.isDue
      this.#keys.delete(key)
      if (isDue) this.#do(key)
    })
    this.#keys.set(key, { isDue: false, timer })
    this.#run(key)
  }
}
