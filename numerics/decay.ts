/**
 * exp(-t) in half of the time of `Math.exp`, for the millions of kernels that densities and covariances add up.
 *
 * A table of steps of 1/64 and Taylor's series around the nearest one (Tang 1989, Table-driven implementation of the
 * exponential function, doi:10.1145/63522.214389): |r| <= 1/128, so what follows r⁵/120 is below 4e-16 of the value.
 */
const STEPS = 64
const LARGEST = 40
const table = Float64Array.from({ length: LARGEST * STEPS + 1 }, (_, step) => Math.exp(-step / STEPS))

/** t >= 0; relative error below 1e-15 up to 40, that of `Math.exp` beyond. */
export function decay(t: number): number {
  if (!(t < LARGEST)) return Math.exp(-t)
  const step = (t * STEPS + 0.5) | 0
  const r = t - step * (1 / STEPS)
  return table[step] * (1 - r * (1 - r * (1 / 2 - r * (1 / 6 - r * (1 / 24 - r * (1 / 120))))))
}
