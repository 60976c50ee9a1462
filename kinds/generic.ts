/** A kind that nothing is known about but its conditions: stopped by deletion, never injected. */
import { defaultsOf } from './default-conditions.ts'
import type { Kind } from './kind.ts'

export function genericKind(apiVersion: string, kind: string): Kind {
  return {
    apiVersion,
    kind,
    ...defaultsOf(kind),
    podTemplates: () => [],
    isRunning: () => true,
    stop: () => ({ delete: true }),
    // Only the object's absence tells that a deleted run is over, and then nobody asks.
    hasStopped: () => false,
    problems: () => [],
  }
}
