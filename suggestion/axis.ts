/**
 * One parameter as one axis of the unit cube.
 *
 * Continuous axes map u through the parameter's distribution. Grids (integers, steps, lists, names) give every value a cell:
 * half a step is added at both ends, so a uniform u meets each value with the probability its distribution names, and both
 * ends are reached. Values are printed as the shortest text that reads back as the same place, stepped ones on their grid.
 *
 * normal: truncated to the bounds, mean in the middle, a sixth of the range as standard deviation; log kinds in log space.
 */
import { normalCdf, normalQuantile } from '#numerics'

export interface Axis {
  readonly name: string
  /** How models may see it: a number line, steps on a number line, or names without order. */
  readonly kind: 'continuous' | 'ordered' | 'categorical'
  /** How many values; Infinity for a continuous axis. */
  readonly levels: number
  /** The middle of the cell of `text`, nearest where it is off the grid or out of bounds; `undefined` if it is no value at all. */
  toUnit(text: string): number | undefined
  toText(u: number): string
  /** The same value, at the place `toUnit` gives it. */
  snap(u: number): number
  /** 0 .. levels - 1; only for axes with finitely many levels. */
  levelOf(u: number): number
  unitOf(level: number): number
  /** Where the cell of a level ends and the next begins; 1 for the last. */
  edgeOf(level: number): number
}

/** Monotone maps between [0, 1] and the values of a parameter. */
interface Warp {
  toUnit(x: number): number
  toValue(u: number): number
}

export function continuousAxis(name: string, low: number, high: number, distribution: string): Axis {
  const warp = warpOf(low, high, low, high, distribution)
  const clamp = (x: number) => Math.min(high, Math.max(low, x))
  const unitOfValue = (x: number) => quantum(warp.toUnit(clamp(x)))
  function toText(u: number): string {
    const place = quantum(u)
    const x = place <= 0 ? low : place >= 1 ? high : clamp(warp.toValue(place))
    // Whatever reads back with some digits does so with more: the fewest are found by halving.
    let [fails, enough, shortest] = [0, 18, x]
    while (enough - fails > 1) {
      const digits = (fails + enough) >> 1
      const shorter = Number(x.toPrecision(digits))
      const isSame = shorter >= low && shorter <= high && unitOfValue(shorter) === place
      if (isSame) [enough, shortest] = [digits, shorter]
      else fails = digits
    }
    return String(shortest)
  }
  return {
    name,
    kind: 'continuous',
    levels: Number.POSITIVE_INFINITY,
    toUnit: text => (isNumeric(text) ? unitOfValue(Number(text)) : undefined),
    toText,
    snap: quantum,
    levelOf: () => Number.NaN,
    unitOf: () => Number.NaN,
    edgeOf: () => Number.NaN,
  }
}

/** Continuous axes have 2^44 + 1 places, so that text, place and text again are exact; far below what any objective feels. */
const QUANTA = 2 ** 44

function quantum(u: number): number {
  return Math.round(unit(u) * QUANTA) / QUANTA
}

export interface Grid {
  readonly low: number
  readonly step: number
  readonly levels: number
  /** Digits behind the point that values on the grid have. */
  readonly decimals: number
}

export function steppedAxis(name: string, { low, step, levels, decimals }: Grid, distribution: string): Axis {
  const last = low + step * (levels - 1)
  const warp = warpOf(low - step / 2, last + step / 2, low, last, distribution)
  const value = (level: number) => roundTo(low + level * step, decimals)
  const nearest = (x: number) => Math.min(levels - 1, Math.max(0, Math.round((x - low) / step)))
  const even = distribution === 'uniform'
  const levelOf = (u: number) => (even ? Math.min(levels - 1, Math.floor(unit(u) * levels)) : nearest(warp.toValue(u)))
  const unitOf = (level: number) => (even ? (level + 0.5) / levels : unit(warp.toUnit(value(level))))
  return {
    name,
    kind: 'ordered',
    levels,
    toUnit: text => (isNumeric(text) ? unitOf(nearest(Number(text))) : undefined),
    toText: u => printNumber(value(levelOf(u))),
    snap: u => unitOf(levelOf(u)),
    levelOf,
    unitOf,
    edgeOf: level => (even ? (level + 1) / levels : unit(warp.toUnit(low + (level + 0.5) * step))),
  }
}

/** A list of values: `ordered` where all are numbers, by size; else names in the user's order. */
export function listAxis(name: string, list: readonly string[], ordered: boolean): Axis {
  const values = [...new Set(list)]
  if (ordered) values.sort((a, b) => Number(a) - Number(b))
  const levels = values.length
  const levelOf = (u: number) => Math.min(levels - 1, Math.floor(unit(u) * levels))
  const unitOf = (level: number) => (level + 0.5) / levels
  const find = (text: string) => {
    const exact = values.indexOf(text)
    return exact >= 0 || !ordered || !isNumeric(text)
      ? exact
      : values.findIndex(value => Number(value) === Number(text))
  }
  return {
    name,
    kind: ordered ? 'ordered' : 'categorical',
    levels,
    toUnit(text) {
      const level = find(text)
      return level < 0 ? undefined : unitOf(level)
    },
    toText: u => values[levelOf(u)],
    snap: u => unitOf(levelOf(u)),
    levelOf,
    unitOf,
    edgeOf: level => (level + 1) / levels,
  }
}

export function isNumeric(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text))
}

/** Digits behind the point of a numeral as it is written: `0.10` has 1, `1e-3` has 3. */
export function decimalsOf(text: string): number {
  const [mantissa, exponent = '0'] = text.trim().toLowerCase().split('e')
  const fraction = (mantissa.split('.')[1] ?? '').replace(/0+$/, '')
  return Math.max(0, fraction.length - Number(exponent))
}

/** u = 0 at `low`, 1 at `high`. `first` and `last` are the extreme values, which set the scale of the normal kinds. */
function warpOf(low: number, high: number, first: number, last: number, distribution: string): Warp {
  const isLog = distribution === 'logUniform' || distribution === 'logNormal'
  if (isLog) {
    const inLog = warpOf(
      Math.log(Math.max(low, first / 2)),
      Math.log(high),
      Math.log(first),
      Math.log(last),
      distribution === 'logUniform' ? 'uniform' : 'normal',
    )
    return { toUnit: x => inLog.toUnit(Math.log(x)), toValue: u => Math.exp(inLog.toValue(u)) }
  }
  if (distribution === 'normal' && last > first) {
    const mean = first / 2 + last / 2
    const deviation = last / 6 - first / 6
    const below = normalCdf((low - mean) / deviation)
    const mass = normalCdf((high - mean) / deviation) - below
    return {
      toUnit: x => (normalCdf((x - mean) / deviation) - below) / mass,
      toValue: u => mean + deviation * normalQuantile(below + unit(u) * mass),
    }
  }
  // Halves, so that bounds near ±1.8e308 do not overflow.
  return { toUnit: x => (x / 2 - low / 2) / (high / 2 - low / 2), toValue: u => low * (1 - u) + high * u }
}

function unit(u: number): number {
  return Math.min(1, Math.max(0, u))
}

function roundTo(x: number, decimals: number): number {
  return decimals > 100 || Math.abs(x) >= 1e21 ? x : Number(x.toFixed(decimals))
}

/** Shortest round trip; integers without exponent. */
function printNumber(x: number): string {
  return Number.isInteger(x) ? BigInt(x).toString() : String(x)
}
