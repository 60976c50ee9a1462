/** Chance for choosing what to test: sfc32 (Doty-Humphrey, PractRand), in [0, 1). */
export function sfc32(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 1]
  const next = () => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

/** `count` members in an order of their own. */
export function sampled<T>(members: readonly T[], count: number, seed: number): readonly T[] {
  const random = sfc32(seed)
  const keys = new Map(members.map(member => [member, random()]))
  return members.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0)).slice(0, count)
}
