/** A bare pod: what a webhook sees of a kind whose pods somebody else makes. */
import type { Resource } from '#api'
import { defaultsOf } from './default-conditions.ts'
import type { Kind } from './kind.ts'

export const pod: Kind = {
  apiVersion: 'v1',
  kind: 'Pod',
  ...defaultsOf('Pod'),
  podTemplates: () => [{ path: [], primary: true }],
  isRunning: resource => (resource as Resource & { status?: { phase?: string } }).status?.phase === 'Running',
  stop: () => ({ delete: true }),
  // Only its absence tells, and then nobody asks.
  hasStopped: () => false,
  problems: () => [],
}
