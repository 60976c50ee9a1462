/**
 * TensorFlow's record files: length (8 bytes, little-endian), its masked checksum (4), the data, its masked checksum (4);
 * again and again (tensorflow/core/lib/io/record_writer.h). An unfinished record at the end waits for its rest.
 */
import { maskedCrc32c } from './crc32c.ts'

/** A record that is longer is passed over unseen: scalars are small, images and graphs are not. */
const RECORD_LIMIT_BYTES = 4 * 1024 * 1024
const HEADER_BYTES = 12
const FOOTER_BYTES = 4

/** States: header, data (enough bytes are waited for), skipping (the rest of a long record), broken (a checksum was wrong: nothing after it can be trusted). */
export class RecordSplitter {
  /** A checksum was wrong; what comes after it is not looked at. */
  isBroken = false
  #visit: (data: Uint8Array) => void
  #pending: Uint8Array = new Uint8Array(0)
  #skipBytes = 0

  constructor(visit: (data: Uint8Array) => void) {
    this.#visit = visit
  }

  push(chunk: Uint8Array): void {
    if (this.isBroken) return
    const skipped = Math.min(this.#skipBytes, chunk.length)
    this.#skipBytes -= skipped
    const bytes = joined(this.#pending, chunk.subarray(skipped))
    let at = 0
    for (;;) {
      const record = this.#recordAt(bytes, at)
      if (record === undefined) break
      at = record
    }
    // A copy: the chunk is the caller's, and slice() of a Buffer is none.
    this.#pending = this.isBroken ? new Uint8Array(0) : new Uint8Array(bytes.subarray(at))
  }

  /** What comes next is the start of a file. */
  restart(): void {
    this.isBroken = false
    this.#pending = new Uint8Array(0)
    this.#skipBytes = 0
  }

  /** The offset after the record at `at`; `undefined` when it is not complete, or broken. */
  #recordAt(bytes: Uint8Array, at: number): number | undefined {
    if (bytes.length - at < HEADER_BYTES) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at)
    const length = Number(view.getBigUint64(0, true))
    if (view.getUint32(8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) return this.#break()
    const end = at + HEADER_BYTES + length + FOOTER_BYTES
    if (length > RECORD_LIMIT_BYTES) {
      this.#skipBytes = Math.max(0, end - bytes.length)
      return Math.min(end, bytes.length)
    }
    if (end > bytes.length) return undefined
    const data = bytes.subarray(at + HEADER_BYTES, end - FOOTER_BYTES)
    if (view.getUint32(HEADER_BYTES + length, true) !== maskedCrc32c(data)) return this.#break()
    this.#visit(data)
    return end
  }

  #break(): undefined {
    this.isBroken = true
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
