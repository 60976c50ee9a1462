/**
 * How wide each kernel of an axis is: the larger gap to its sorted neighbours, within [min, 1].
 *
 * Source: Bergstra et al. 2011, section 4 (neighbours' gaps). Sorted by digits (Knuth, volume 3, section 5.2.5): in linear
 * time, and equal places stay in the order of their components.
 */

/** `mu` [K] in `order`, the prior's last: its 0.5 is a neighbour to others, its own width is the range. */
export function bandwidths(mu: Float64Array, order: Uint32Array, min: number): Float64Array {
  const count = mu.length
  const sigma = new Float64Array(count)
  for (let place = 0; place < count; place++) {
    const here = order[place]
    const left = place > 0 ? mu[here] - mu[order[place - 1]] : 0
    const right = place + 1 < count ? mu[order[place + 1]] - mu[here] : 0
    sigma[here] = Math.min(1, Math.max(min, left, right))
  }
  sigma[count - 1] = 1
  return sigma
}

/** Indexes by ascending place in [0, 1], to 32 bits of it; equal ones by index. */
export function ascending(places: Float64Array): Uint32Array {
  const count = places.length
  if (scratch.keys.length < count) scratch = scratchFor(2 * count)
  const { keys, counts } = scratch
  let { order, next } = scratch
  counts.fill(0)
  for (let i = 0; i < count; i++) {
    const key = (places[i] * 4294967295) >>> 0
    keys[i] = key
    order[i] = i
    counts[key & 255]++
    counts[256 + ((key >>> 8) & 255)]++
    counts[512 + ((key >>> 16) & 255)]++
    counts[768 + (key >>> 24)]++
  }
  for (let digit = 0; digit < 4; digit++) {
    const from = digit * 256
    const shift = digit * 8
    let before = 0
    for (let i = from; i < from + 256; i++) {
      const here = counts[i]
      counts[i] = before
      before += here
    }
    for (let i = 0; i < count; i++) {
      const index = order[i]
      next[counts[from + ((keys[index] >>> shift) & 255)]++] = index
    }
    ;[order, next] = [next, order]
  }
  return order.slice(0, count)
}

function scratchFor(size: number) {
  const words = () => new Uint32Array(size)
  return { keys: words(), order: words(), next: words(), counts: new Uint32Array(4 * 256) }
}

let scratch = scratchFor(64)
