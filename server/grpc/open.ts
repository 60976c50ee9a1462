/**
 * The doors to Katib's gRPC wires. The libraries they need are loaded when the first one opens, never before: a program
 * that nobody asks for gRPC does not pay for it.
 */
import { join } from 'node:path'
import type { Clock } from '#kube'
import type { ObservationStore } from '#store'
import type { ForeignClient } from './foreign-client.ts'
import type { KatibWire, KatibWireOptions } from './katib-wire.ts'
import type { SuggestionPort, SuggestionPortOptions } from './suggestion-port.ts'

export type { ForeignAnswer, ForeignClient, ForeignQuestion } from './foreign-client.ts'
export type { KatibWire } from './katib-wire.ts'
export type { SearchCall } from './suggestion-service.ts'
export { openTrialProxy, type TrialProxy } from './trial-proxy.ts'

export async function openKatibWire(options: KatibWireOptions): Promise<KatibWire> {
  const { createKatibWire } = await import('./katib-wire.ts')
  return createKatibWire(options)
}

export async function openSuggestionPort(options: SuggestionPortOptions): Promise<SuggestionPort> {
  const { createSuggestionPort } = await import('./suggestion-port.ts')
  return createSuggestionPort(options)
}

export async function openForeignClient(clock: Clock): Promise<ForeignClient> {
  const { ForeignClient } = await import('./foreign-client.ts')
  return new ForeignClient(clock)
}

/** Katib's own DBManager at `HOST:PORT`. */
export async function openKatibLogs(address: string, clock: Clock) {
  const { KatibLogs, giveKatibLogs, takeKatibLogs } = await import('./katib-logs.ts')
  const logs = new KatibLogs(address, clock)
  return {
    of: (trialName: string) => logs.of(trialName),
    take: (store: ObservationStore, trials: Parameters<typeof takeKatibLogs>[2]) => takeKatibLogs(logs, store, trials),
    give: (store: ObservationStore, trials: Parameters<typeof giveKatibLogs>[2]) => giveKatibLogs(logs, store, trials),
    [Symbol.dispose]: () => logs[Symbol.dispose](),
  }
}

/** Where `sitecustomize.py` is, which lets Katib's `report_metrics()` find its namespace outside of a cluster. */
export const SITE_CUSTOMIZE = join(import.meta.dirname, 'python', 'sitecustomize.py')
