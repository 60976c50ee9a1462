/** The known name that a mistyped one is closest to: a hint in messages. */

/** Undefined when none is near: more than a third of the letters differ. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(Math.max(name.length, 3) / 3))
  const [best] = known
    .slice(0, MAX_CANDIDATES)
    .filter(one => Math.abs(one.length - name.length) <= limit)
    .map(one => ({ one, distance: editDistance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
  return best?.one
}

/** A hint is not worth more: the list and the names come from a user. */
const MAX_CANDIDATES = 1_000
const MAX_LENGTH = 100

/** `; did you mean "x"?`, to be put behind what was got; empty when none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name.slice(0, MAX_LENGTH), known)
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

/** Damerau-Levenshtein distance, restricted to adjacent swaps. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) row[j] = Math.min(row[j], before[j - 2] + 1)
    }
    before = previous
    previous = row
  }
  return previous[b.length]
}
