/** Reading what containers printed, also while they still print. */
import { watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ApiError } from '#api'
import type { PodLogOptions } from '../apiserver/pod-logs.ts'

export interface LogSource {
  /** The file of the run that is asked for. */
  readonly path: string
  /** Resolves when nothing more comes; absent: nothing more comes. */
  readonly ended?: Promise<unknown>
}

const CHUNK_BYTES = 65_536

/** Throws `ApiError` BadRequest where there is no log. */
export async function* readLog(
  source: LogSource,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const file = await openLog(source.path)
  try {
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY
    for await (const chunk of chunksOf(file, source, options, signal)) {
      const part = chunk.subarray(0, Math.min(chunk.length, left))
      left -= part.length
      if (part.length > 0) yield part
      if (left <= 0) return
    }
  } finally {
    await file.close()
  }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    throw new ApiError(400, 'BadRequest', 'the container has printed nothing yet, or its log was removed', { cause })
  }
}

async function* chunksOf(
  file: FileHandle,
  { path, ended }: LogSource,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let offset = options.tailLines === undefined ? 0 : await startOfLast(file, options.tailLines)
  let isLast = !options.follow || ended === undefined
  using changes = new Changes(path, isLast ? undefined : ended, signal)
  while (!signal.aborted) {
    const { size } = await file.stat()
    // The log was cut in place.
    if (size < offset) offset = 0
    while (offset < size && !signal.aborted) {
      const bytes = new Uint8Array(Math.min(CHUNK_BYTES, size - offset))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
      if (bytesRead === 0) break
      offset += bytesRead
      yield bytes.subarray(0, bytesRead)
    }
    if (isLast) return
    // One more look after the end: what came last is in the file by then.
    isLast = (await changes.next()) === 'ended'
  }
}

/** Tells that a file grew, that its writer ended, or that nobody listens any more. */
class Changes {
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

/** The offset where the last `count` lines begin; looks at blocks from the end. */
async function startOfLast(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat()
  if (count <= 0) return size
  let lines = 0
  const block = new Uint8Array(CHUNK_BYTES)
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    for (let i = bytesRead - 1; i >= 0; i--) {
      // A line feed that ends the file ends its last line.
      if (block[i] !== 0x0a || start + i === size - 1) continue
      if (++lines === count) return start + i + 1
    }
  }
  return 0
}
