/** Fewer points of a learning curve for the eye: first, last, min and max stay exactly. */

/**
 * Indexes of at most `maxPoints` values (at least 4 are kept), rising. The curve is cut into buckets of equal length; each
 * gives its lowest and its highest value, so that peaks survive.
 */
export function downSample(values: readonly number[], maxPoints: number): readonly number[] {
  const { length } = values
  if (length <= Math.max(maxPoints, 4)) return values.map((_, i) => i)
  const kept = new Set<number>([0, length - 1])
  addExtremes(kept, values, 0, length)
  const bucketCount = Math.max(0, Math.floor((maxPoints - kept.size) / 2))
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const start = Math.floor((bucket * length) / bucketCount)
    addExtremes(kept, values, start, Math.floor(((bucket + 1) * length) / bucketCount))
  }
  return [...kept].sort((a, b) => a - b)
}

/** The first lowest and the first highest finite value of a stretch; its first point when none is finite. */
function addExtremes(kept: Set<number>, values: readonly number[], start: number, end: number): void {
  let lowest = -1
  let highest = -1
  for (let i = start; i < end; i++) {
    if (!Number.isFinite(values[i])) continue
    if (lowest < 0 || values[i] < values[lowest]) lowest = i
    if (highest < 0 || values[i] > values[highest]) highest = i
  }
  if (lowest < 0) {
    if (start < end) kept.add(start)
    return
  }
  kept.add(lowest).add(highest)
}
