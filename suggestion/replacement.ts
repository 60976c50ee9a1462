/** Another point in place of one that must not be tried: near first, anywhere next, whatever is left at last. */
import type { Rng } from '#numerics'
import type { Space } from './space.ts'

const NEARBY_TRIES = 64
const ANYWHERE_TRIES = 1000
/** A finite space up to this size is searched through before it is called exhausted. */
const LISTED_CELLS = 200_000

/** A snapped point that `allows` accepts. `undefined`: every point was tried, or none found satisfies the constraints. */
export function replacement(
  space: Space,
  point: Float64Array,
  rng: Rng,
  allows: (point: Float64Array) => boolean,
): Float64Array | undefined {
  for (let i = 0; i < NEARBY_TRIES + ANYWHERE_TRIES; i++) {
    const candidate = space.snap(
      i < NEARBY_TRIES ? nearby(space, point, rng, (i + 1) / NEARBY_TRIES) : anywhere(point, rng),
    )
    if (allows(candidate)) return candidate
  }
  if (space.cellCount > LISTED_CELLS) return undefined
  const start = rng.integer(space.cellCount)
  for (let i = 0; i < space.cellCount; i++) {
    const candidate = cell(space, (start + i) % space.cellCount)
    if (allows(candidate)) return candidate
  }
  return undefined
}

/** A normal step that grows with `reach` on numbers, at least one level on grids; another name with probability `reach` / 2. */
function nearby(space: Space, point: Float64Array, rng: Rng, reach: number): Float64Array {
  return point.map((u, i) => {
    const axis = space.axes[i]
    const step = rng.normal()
    const draw = rng.uniform()
    if (axis.kind === 'categorical') return draw < reach / 2 ? rng.uniform() : u
    return Math.min(1, Math.max(0, u + step * Math.max(0.2 * reach, 1 / axis.levels)))
  })
}

function anywhere(point: Float64Array, rng: Rng): Float64Array {
  return point.map(() => rng.uniform())
}

/** Cell `number` of a finite space, counted with the first axis fastest. */
function cell(space: Space, number: number): Float64Array {
  let rest = number
  return Float64Array.from(space.axes, axis => {
    const level = rest % axis.levels
    rest = Math.floor(rest / axis.levels)
    return axis.unitOf(level)
  })
}
