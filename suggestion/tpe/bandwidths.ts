/**
 * How wide each kernel of an axis is: the larger gap to its sorted neighbours, within [min, 1].
 *
 * Source: Bergstra et al. 2011, section 4 (neighbours' gaps). Sorted by digits (Knuth, volume 3, section 5.2.5), and
 * what they leave by insertion (5.2.1): equal places stay in the order of their components.
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

/** Indexes by ascending place, equal places by index: by 16 bits of the way from the lowest to the highest, then by exchange. */
export function ascending(places: Float64Array): Uint32Array {
  const count = places.length
  if (scratch.keys.length < count) scratch = scratchFor(2 * count)
  const { keys, next, counts } = scratch
  let lowest = places[0]
  let highest = lowest
  for (let i = 1; i < count; i++) {
    if (places[i] < lowest) lowest = places[i]
    else if (places[i] > highest) highest = places[i]
  }
  const scale = highest > lowest ? 65535 / (highest - lowest) : 0
  counts.fill(0)
  for (let i = 0; i < count; i++) {
    const key = ((places[i] - lowest) * scale) | 0
    keys[i] = key
    counts[key & 255]++
    counts[256 + (key >>> 8)]++
  }
  for (let i = 0, low = 0, high = 0; i < 256; i++) {
    low += counts[i]
    counts[i] = low - counts[i]
    high += counts[256 + i]
    counts[256 + i] = high - counts[256 + i]
  }
  for (let i = 0; i < count; i++) next[counts[keys[i] & 255]++] = i
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[counts[256 + (keys[next[i]] >>> 8)]++] = next[i]
  exchange(order, places)
  return order
}

/** In an order that is nearly right already, each goes up past those that belong after it. */
function exchange(order: Uint32Array, places: Float64Array): void {
  for (let i = 1; i < order.length; i++) {
    const index = order[i]
    const place = places[index]
    let at = i
    for (; at > 0 && places[order[at - 1]] > place; at--) order[at] = order[at - 1]
    order[at] = index
  }
}

function scratchFor(size: number) {
  return { keys: new Uint16Array(size), next: new Uint32Array(size), counts: new Uint32Array(2 * 256) }
}

let scratch = scratchFor(64)
