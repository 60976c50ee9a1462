/** What a collector's container asks for and may take, where an administrator has said part of it. */
import type { ResourceRequirements } from '#api'
import { parseQuantity } from '#kube'

/** A collector takes some 45 MiB; a quota on limits asks for both. */
const OWN = {
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '256Mi' },
} as const

/**
 * What is said counts, and a negative amount removes the entry, as in Katib; what is left out is ours, bent so that no request
 * is above its limit.
 */
export function collectorResources(said: ResourceRequirements = {}): ResourceRequirements {
  const requests = filled(said.requests, OWN.requests, said.limits, Math.min)
  const limits = filled(said.limits, OWN.limits, said.requests, Math.max)
  return { ...said, requests, limits }
}

type Amounts = NonNullable<ResourceRequirements['limits']>

/** `bent`: of an amount of ours and the other side's that is said, the one that counts. */
function filled(
  said: Amounts = {},
  own: Amounts,
  other: Amounts = {},
  bent: (a: number, b: number) => number,
): Amounts {
  const missing = Object.entries(own)
    .filter(([name]) => !(name in said))
    .map(([name, amount]): [string, string | number] => {
      const opposite = other[name]
      if (opposite === undefined || parseQuantity(opposite) < 0) return [name, amount]
      return [name, bent(parseQuantity(amount), parseQuantity(opposite)) === parseQuantity(amount) ? amount : opposite]
    })
  return Object.fromEntries([...Object.entries(said).filter(([, amount]) => parseQuantity(amount) >= 0), ...missing])
}
