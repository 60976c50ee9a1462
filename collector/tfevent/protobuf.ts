/** Reads the protocol buffer wire format (protobuf.dev/programming-guides/encoding), only as far as events need it. */

export type WireField =
  | { readonly number: number; readonly type: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly type: 'fixed64' | 'fixed32' | 'bytes'; readonly value: Uint8Array }

/** The fields of one message in their order. Throws RangeError where the bytes are no message. */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  const take = (count: number) => {
    if (count > bytes.length - at) throw new RangeError('a field reaches beyond its message')
    at += count
    return bytes.subarray(at - count, at)
  }
  const varint = () => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte] = take(1)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new RangeError('a varint is longer than ten bytes')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    const type = tag % 8
    if (type === 0) yield { number, type: 'varint', value: varint() }
    else if (type === 1) yield { number, type: 'fixed64', value: take(8) }
    else if (type === 2) yield { number, type: 'bytes', value: take(Number(varint())) }
    else if (type === 5) yield { number, type: 'fixed32', value: take(4) }
    else throw new RangeError(`wire type ${type} is not known`)
  }
}

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
