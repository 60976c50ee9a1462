/**
 * The doors to Katib's gRPC wires. The libraries they need are loaded when the first one opens, never before: a program
 * that nobody asks for gRPC does not pay for it.
 */
import type { KatibWire, KatibWireOptions } from './katib-wire.ts'

export type { KatibWire } from './katib-wire.ts'

export async function openKatibWire(options: KatibWireOptions): Promise<KatibWire> {
  const { createKatibWire } = await import('./katib-wire.ts')
  return createKatibWire(options)
}
