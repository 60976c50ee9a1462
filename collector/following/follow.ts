/** A file as it grows: what it holds, then what is appended, until the end. */
import { dirname } from 'node:path'
import { type CollectorClock, FileWatch } from './file-watch.ts'
import type { Chunk, GrowingFile } from './growing-file.ts'
import type { TrialFile } from './regular-file.ts'

export interface FollowedFile extends TrialFile {
  readonly clock: CollectorClock
  /**
   * A file that nobody but us reads: above so many bytes it is emptied once all of it was read. Its writer goes on where it
   * was, which leaves a hole and keeps the offsets. `beforeCut` resolves when what was read is durable.
   */
  readonly cap?: { readonly bytes: number; beforeCut(): Promise<void>; onCut(): void }
}

/** Yields what the file holds and what is appended, until a look that began after `ended` aborted found nothing more. */
export async function* follow(file: FollowedFile, reader: GrowingFile, ended: AbortSignal): AsyncGenerator<Chunk> {
  using watch = new FileWatch(dirname(file.path), file.clock, ended)
  while (true) {
    const isLastLook = ended.aborted
    for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) yield chunk
    if (isLastLook) return
    if (file.cap && reader.keptBytes > file.cap.bytes) {
      await file.cap.beforeCut()
      for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) yield chunk
      if (reader.cut()) file.cap.onCut()
    }
    await watch.next()
  }
}
