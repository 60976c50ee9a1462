/** Reading what containers printed, also while they still print. */
import { type FileHandle, open } from 'node:fs/promises'
import { ApiError } from '#api'
import type { PodLogOptions } from '../apiserver/pod/pod-logs.ts'
import { FileChanges } from './file-changes.ts'
import { LogTimes, printInstant } from './log-times.ts'

export interface LogSource {
  /** The file of the run that is asked for. */
  readonly path: string
  /** Resolves when nothing more comes; absent: nothing more comes. */
  readonly ended?: Promise<unknown>
}

const CHUNK_BYTES = 65_536
const LINE_FEED = 0x0a

/** Throws `ApiError` BadRequest where there is no log. */
export async function* readLog(
  source: LogSource,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const file = await openLog(source.path)
  try {
    await using times = new LogTimes(source.path)
    const offset = await startOf(file, times, options)
    const chunks = chunksOf(file, source, { ...options, offset }, signal)
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY
    for await (const chunk of options.timestamps ? withTimes(chunks, times) : bytesOf(chunks)) {
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

/** The later of where the last lines begin and where what is new enough does; a line is as old as its first byte. */
async function startOf(file: FileHandle, times: LogTimes, { tailLines, since }: PodLogOptions): Promise<number> {
  const tail = tailLines === undefined ? 0 : await startOfLast(file, tailLines)
  if (!since) return tail
  const { size } = await file.stat()
  await times.refresh()
  return Math.max(tail, await startOfLine(file, times.startOf(since) ?? size))
}

interface Chunk {
  readonly bytes: Uint8Array
  /** In the file. */
  readonly offset: number
  /** The log was cut in place, and this is its new beginning. */
  readonly restarted: boolean
}

async function* chunksOf(
  file: FileHandle,
  { path, ended }: LogSource,
  { follow, offset: start }: PodLogOptions & { readonly offset: number },
  signal: AbortSignal,
): AsyncIterable<Chunk> {
  let offset = start
  let restarted = false
  let isLast = !follow || ended === undefined
  using changes = new FileChanges(path, isLast ? undefined : ended, signal)
  while (!signal.aborted) {
    const { size } = await file.stat()
    if (size < offset) {
      offset = 0
      restarted = true
    }
    while (offset < size && !signal.aborted) {
      const bytes = new Uint8Array(Math.min(CHUNK_BYTES, size - offset))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
      if (bytesRead === 0) break
      yield { bytes: bytes.subarray(0, bytesRead), offset, restarted }
      offset += bytesRead
      restarted = false
    }
    if (isLast) return
    // One more look after the end: what came last is in the file by then.
    isLast = (await changes.next()) === 'ended'
  }
}

async function* bytesOf(chunks: AsyncIterable<Chunk>): AsyncIterable<Uint8Array> {
  for await (const { bytes } of chunks) yield bytes
}

/** Each line with its time before it. */
async function* withTimes(chunks: AsyncIterable<Chunk>, times: LogTimes): AsyncIterable<Uint8Array> {
  let isMidLine = false
  for await (const { bytes, offset, restarted } of chunks) {
    if (restarted) await times.restart()
    else await times.refresh()
    const parts: Uint8Array[] = []
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(LINE_FEED, start)
      const line = bytes.subarray(start, end === -1 ? bytes.length : end + 1)
      if (!isMidLine) parts.push(Buffer.from(`${printInstant(times.at(offset + start))} `))
      parts.push(line)
      isMidLine = end === -1
      start += line.length
    }
    yield Buffer.concat(parts)
  }
}

/** The next line that begins at `offset` or after it. */
async function startOfLine(file: FileHandle, offset: number): Promise<number> {
  const block = new Uint8Array(CHUNK_BYTES)
  for (let at = Math.max(0, offset - 1); offset > 0; ) {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    const end = block.subarray(0, bytesRead).indexOf(LINE_FEED)
    if (end !== -1) return at + end + 1
    at += bytesRead
    if (bytesRead === 0) return at
  }
  return 0
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
      if (block[i] !== LINE_FEED || start + i === size - 1) continue
      if (++lines === count) return start + i + 1
    }
  }
  return 0
}
