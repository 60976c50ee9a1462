/** Wildcards of GJSON: `*` any run of characters, `?` one character, `\` takes the next one literally. */

export function matchesWildcard(text: string, pattern: string): boolean {
  let t = 0
  let p = 0
  // Where to go back to: the last star, and how much of the text it has taken. Linear for one star, n·m at worst.
  let star = -1
  let taken = 0
  while (t < text.length) {
    const literal = pattern[p] === '\\' && p + 1 < pattern.length
    const wanted = literal ? pattern[p + 1] : pattern[p]
    if (!literal && wanted === '*') {
      star = p
      taken = t
      p++
    } else if (p < pattern.length && ((!literal && wanted === '?') || wanted === text[t])) {
      t++
      p += literal ? 2 : 1
    } else if (star >= 0) {
      p = star + 1
      taken++
      t = taken
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
