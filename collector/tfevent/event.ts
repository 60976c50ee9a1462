/**
 * One event of TensorFlow's summary writers: tensorflow/core/util/event.proto, summary.proto, tensor.proto. Only scalars are
 * read: `simple_value`, and tensors that hold one number.
 */
import { viewOf, wireFields } from './protobuf.ts'

export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step: number
  readonly scalars: readonly { readonly tag: string; readonly value: string }[]
}

/** `undefined` when the bytes are no event. */
export function readEvent(bytes: Uint8Array): ScalarEvent | undefined {
  let wallTime = 0
  let step = 0
  const scalars: { tag: string; value: string }[] = []
  try {
    for (const field of wireFields(bytes)) {
      if (field.number === 1 && field.type === 'fixed64') wallTime = viewOf(field.value).getFloat64(0, true)
      else if (field.number === 2 && field.type === 'varint') step = Number(BigInt.asIntN(64, field.value))
      else if (field.number === 5 && field.type === 'bytes') scalars.push(...readSummary(field.value))
    }
  } catch (cause) {
    if (cause instanceof RangeError) return undefined
    throw cause
  }
  return { wallTime, step, scalars }
}

function* readSummary(bytes: Uint8Array): Generator<{ tag: string; value: string }> {
  for (const field of wireFields(bytes)) {
    if (field.number !== 1 || field.type !== 'bytes') continue
    let tag = ''
    let value: string | undefined
    for (const part of wireFields(field.value)) {
      if (part.number === 1 && part.type === 'bytes') tag = new TextDecoder().decode(part.value)
      else if (part.number === 2 && part.type === 'fixed32') value = singleText(viewOf(part.value).getFloat32(0, true))
      else if (part.number === 8 && part.type === 'bytes') value = readTensor(part.value)
    }
    if (value !== undefined) yield { tag, value }
  }
}

/** A tensor's number, from `tensor_content` or the list of its type; `undefined` when it holds none or several. */
function readTensor(bytes: Uint8Array): string | undefined {
  let type = 0
  let content: Uint8Array | undefined
  const listed: string[] = []
  for (const field of wireFields(bytes)) {
    if (field.number === 1 && field.type === 'varint') type = Number(field.value)
    else if (field.number === 2 && field.type === 'bytes' && elementCount(field.value) !== 1n) return undefined
    else if (field.number === 4 && field.type === 'bytes' && field.value.length > 0) content = field.value
    else if (field.number === 5 && field.type !== 'varint')
      listed.push(singleText(viewOf(field.value).getFloat32(0, true)))
    else if (field.number === 6 && field.type !== 'varint') listed.push(String(viewOf(field.value).getFloat64(0, true)))
    else if (INTEGER_LISTS.has(field.number)) listed.push(integerText(field))
  }
  return content ? contentText(type, content) : listed[0]
}

/** int_val, int64_val, uint32_val, uint64_val. */
const INTEGER_LISTS = new Set([7, 10, 16, 17])

function integerText(field: { type: string; value: bigint | Uint8Array }): string {
  if (typeof field.value === 'bigint') return String(BigInt.asIntN(64, field.value))
  // A packed list is the varints one after another: the same bytes as a message of one field, without its tag.
  for (const packed of wireFields(Uint8Array.from([0x08, ...field.value])))
    if (packed.type === 'varint') return String(BigInt.asIntN(64, packed.value))
  throw new RangeError('an empty list of integers')
}

/** Of a TensorShapeProto: the product of its dimensions, 1 for a scalar. */
function elementCount(shape: Uint8Array): bigint {
  let count = 1n
  for (const field of wireFields(shape)) {
    if (field.number !== 2 || field.type !== 'bytes') continue
    let size = 0n
    for (const part of wireFields(field.value)) if (part.number === 1 && part.type === 'varint') size = part.value
    count *= size
  }
  return count
}

/** By DataType of types.proto. */
function contentText(type: number, content: Uint8Array): string | undefined {
  const view = viewOf(content)
  const read = { 1: 4, 2: 8, 3: 4, 9: 8, 14: 2, 19: 2 }[type]
  if (read !== content.length) return undefined
  if (type === 1) return singleText(view.getFloat32(0, true))
  if (type === 2) return String(view.getFloat64(0, true))
  if (type === 3) return String(view.getInt32(0, true))
  if (type === 9) return String(view.getBigInt64(0, true))
  if (type === 19) return singleText(view.getFloat16(0, true))
  // bfloat16 is the upper half of a float32.
  const widened = new DataView(new ArrayBuffer(4))
  widened.setUint16(0, view.getUint16(0, true))
  return singleText(widened.getFloat32(0))
}

/** The shortest decimal that is this single-precision number: `0.1`, not 0.10000000149011612. */
export function singleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(Number(value.toPrecision(9)))
}
