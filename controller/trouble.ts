/** Why something cannot go on as it should: condition Degraded, for as long as that holds. */
import { type Condition, controllerOf, type DegradedReason, type Resource, setCondition } from '#api'

export interface Trouble {
  readonly reason: DegradedReason
  readonly message: string
}

/** The very same list where nothing changed. Another sentence is another condition, so that it is never an old one. */
export function withTrouble(
  conditions: readonly Condition[],
  trouble: Trouble | undefined,
  now: Date,
): readonly Condition[] {
  const old = conditions.find(({ type }) => type === DEGRADED)
  if (old?.reason === trouble?.reason && old?.message === trouble?.message) return conditions
  const without = conditions.filter(({ type }) => type !== DEGRADED)
  return trouble ? setCondition(without, { type: DEGRADED, status: 'True', ...trouble }, now) : without
}

export function troubleIn(conditions: readonly Condition[] | undefined): Trouble | undefined {
  const found = conditions?.find(({ type }) => type === DEGRADED)
  // Only `withTrouble` writes a condition of this type.
  return found && { reason: found.reason as Trouble['reason'], message: found.message ?? '' }
}

const DEGRADED = 'Degraded'

/** Whose name it is, and what to do. */
export function takenSentence(holder: Resource): string {
  const { kind, metadata } = holder
  const owner = controllerOf(holder)
  const whose = owner ? `that belongs to ${owner.kind} ${owner.name}` : 'that belongs to nobody'
  const name = `${kind} ${metadata.namespace}/${metadata.name}`
  return `there is a ${name} already, ${whose}; delete or rename it, then this goes on by itself`
}

/** Made for an earlier object of this kind and name; it goes away with that one. */
export function isLeftover(holder: Resource, { kind, metadata }: Resource): boolean {
  const owner = controllerOf(holder)
  return owner?.kind === kind && owner.name === metadata.name
}
