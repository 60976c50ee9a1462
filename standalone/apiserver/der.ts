/** Writing DER (ITU-T X.690), as far as a certificate needs it. */

/** One value: its tag, its length, its content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

export const sequence = (...items: readonly Uint8Array[]) => der(0x30, ...items)
export const set = (...items: readonly Uint8Array[]) => der(0x31, ...items)
export const octets = (content: Uint8Array) => der(0x04, content)
export const text = (value: string) => der(0x0c, Buffer.from(value))
export const truth = () => der(0x01, Buffer.from([0xff]))
/** All bits are used unless `unused` low ones of the last byte are not. */
export const bits = (content: Uint8Array, unused = 0) => der(0x03, Buffer.from([unused]), content)
/** `[n]`, constructed. */
export const explicit = (n: number, ...content: readonly Uint8Array[]) => der(0xa0 | n, ...content)
/** `[n]`, primitive. */
export const implicit = (n: number, content: Uint8Array) => der(0x80 | n, content)

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex(byte => byte !== 0)
  const digits = start < 0 ? Buffer.from([0]) : bytes.subarray(start)
  return der(0x02, (digits[0] & 0x80) === 0 ? digits : Buffer.concat([Buffer.from([0]), digits]))
}

/** `1.2.840.10045.2.1` */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280, section 4.1.2.5). */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/\.\d+Z$|[-:T]/g, '')
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
