/** Which of the names that were seen is probably meant. */

/** Names that differ in case, separators or a prefix, or by at most a third of their letters; nearest first, three at most. */
export function nearestNames(wanted: string, names: readonly string[]): readonly string[] {
  const ranked = [...new Set(names)].map(name => ({ name, distance: nameDistance(wanted, name) }))
  const near = ranked.filter(({ name, distance }) => distance <= Math.max(wanted.length, name.length) / 3)
  return near
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
    .slice(0, 3)
}

function nameDistance(wanted: string, name: string): number {
  const [a, b] = [plain(wanted), plain(name)]
  if (a === b) return 0
  if (a.length >= 3 && b.length >= 3 && (a.endsWith(b) || b.endsWith(a) || a.startsWith(b) || b.startsWith(a)))
    return 0.5
  return editDistance(a, b)
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Levenshtein (1965): insertions, deletions, substitutions. Names are at most 253 letters here. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}
