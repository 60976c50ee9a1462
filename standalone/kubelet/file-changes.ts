/** Waiting for a file that somebody else writes. */
import { watch } from 'node:fs'

/** Tells that a file grew, that its writer ended, or that nobody listens any more. */
export class FileChanges {
  readonly #watcher
  #wake: (() => void) | undefined
  #changed = false
  #isOver = false

  constructor(path: string, ended: Promise<unknown> | undefined, signal: AbortSignal) {
    this.#watcher = ended === undefined ? undefined : watch(path, () => this.#tell())
    const over = () => {
      this.#isOver = true
      this.#tell()
    }
    ended?.then(over, over)
    signal.addEventListener('abort', over, { once: true })
  }

  async next(): Promise<'changed' | 'ended'> {
    if (!this.#changed && !this.#isOver)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    this.#changed = false
    return this.#isOver ? 'ended' : 'changed'
  }

  [Symbol.dispose](): void {
    this.#watcher?.close()
  }

  #tell(): void {
    this.#changed = true
    this.#wake?.()
    this.#wake = undefined
  }
}
