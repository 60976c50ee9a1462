/**
 * Bytes to lines. A line ends with LF, CR or both, so each step of a progress bar is a line. Terminal escapes are taken
 * out, bytes that are no UTF-8 become U+FFFD, NULs before a line (the hole of a truncated log) are skipped.
 */

/** Bytes of a line that are looked at; what is longer is cut, so that a 20 MB line costs memory for 64 KiB. */
export const LINE_LIMIT_BYTES = 64 * 1024

const LF = 0x0a
const CR = 0x0d
const ESC = 0x1b

/** Hands out complete lines; `endOffset` is the byte offset after the line's end, counted from the first byte ever pushed. */
export type LineVisitor = (line: string, endOffset: number, startOffset: number) => void

/** Keeps the unfinished last line between chunks. Empty lines are not handed out. */
export class LineSplitter {
  /** Lines that were longer than the limit. */
  longLineCount = 0
  #visit: LineVisitor
  /** The unfinished line, at most LINE_LIMIT_BYTES of it. */
  #rest: Buffer = Buffer.alloc(0)
  #restIsCut = false
  #offset: number
  #lineStart: number

  constructor(visit: LineVisitor, offset = 0) {
    this.#visit = visit
    this.#offset = offset
    this.#lineStart = offset
  }

  /** Bytes pushed so far, plus the offset it began with. */
  get offset(): number {
    return this.#offset
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    let kind = PLAIN
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === LF || byte === CR) {
        this.#finish(bytes, start, at, kind, this.#offset + at + 1)
        start = at + 1
        kind = PLAIN
      } else if (byte > 0x7e) kind |= MULTIBYTE
      else if (byte === ESC || byte === 0) kind |= ESCAPED
    }
    this.#keep(bytes, start)
    this.#offset += bytes.length
  }

  /** The source is over or was replaced: what is left counts as a line. */
  end(): void {
    if (this.#rest.length > 0) this.#emit(this.#rest, 0, this.#rest.length, ANYTHING, this.#offset)
    this.#rest = Buffer.alloc(0)
    this.#restIsCut = false
    this.#lineStart = this.#offset
  }

  #finish(bytes: Buffer, start: number, end: number, kind: number, endOffset: number): void {
    if (this.#rest.length > 0) {
      this.#keep(bytes.subarray(0, end), start)
      this.#emit(this.#rest, 0, this.#rest.length, ANYTHING, endOffset)
      this.#rest = Buffer.alloc(0)
      this.#restIsCut = false
    } else if (end > start) this.#emit(bytes, start, end, kind, endOffset)
    this.#lineStart = endOffset
  }

  #keep(bytes: Buffer, start: number): void {
    if (this.#rest.length === 0) while (bytes[start] === 0) start++
    const room = LINE_LIMIT_BYTES - this.#rest.length
    if (bytes.length - start > room) this.#restIsCut = true
    const piece = bytes.subarray(start, start + room)
    if (piece.length > 0) this.#rest = Buffer.concat([this.#rest, piece])
  }

  #emit(bytes: Buffer, start: number, end: number, kind: number, endOffset: number): void {
    if (this.#restIsCut || end - start > LINE_LIMIT_BYTES) this.longLineCount++
    const limit = Math.min(end, start + LINE_LIMIT_BYTES)
    const decoded = bytes.toString(kind & MULTIBYTE ? 'utf8' : 'latin1', start, limit)
    const line = kind & ESCAPED ? withoutEscapes(decoded) : decoded
    if (line !== '') this.#visit(line, endOffset, this.#lineStart)
  }
}

/** What kinds of bytes a line holds. */
const PLAIN = 0
const MULTIBYTE = 1
const ESCAPED = 2
const ANYTHING = MULTIBYTE | ESCAPED

/** Takes out ECMA-48 control sequences (colours, cursor moves), operating system commands and NULs. Linear. */
export function withoutEscapes(text: string): string {
  let kept = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code !== ESC && code !== 0) {
      at++
      continue
    }
    kept += text.slice(from, at)
    at = code === ESC ? escapeEnd(text, at) : at + 1
    from = at
  }
  return kept + text.slice(from)
}

function escapeEnd(text: string, start: number): number {
  let at = start + 2
  const introducer = text[start + 1]
  if (introducer === '[') {
    while (at < text.length && !isFinalByte(text.charCodeAt(at))) at++
    return Math.min(at + 1, text.length)
  }
  if (introducer !== ']') {
    at = start + 1
    while (at < text.length && isIntermediateByte(text.charCodeAt(at))) at++
    return Math.min(at + 1, text.length)
  }
  while (at < text.length && text.charCodeAt(at) !== 0x07 && text.charCodeAt(at) !== ESC) at++
  return Math.min(text.charCodeAt(at) === ESC ? at + 2 : at + 1, text.length)
}

const isIntermediateByte = (code: number) => code >= 0x20 && code <= 0x2f
const isFinalByte = (code: number) => code >= 0x40 && code <= 0x7e
