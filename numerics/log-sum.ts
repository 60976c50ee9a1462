/** Sums and differences of numbers that are given by their logarithms. */

/** log Σ exp(xᵢ); -Infinity for an empty list. */
export function logSumExp(logs: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logs.length; i++) if (logs[i] > max) max = logs[i]
  if (!Number.isFinite(max)) return max
  let sum = 0
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i] - max)
  return max + Math.log(sum)
}

/** log(1 - exp(x)) for x <= 0 (Mächler 2012, Accurately computing log(1 - exp(-|a|))). */
export function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x))
}

/** log(exp(a) - exp(b)) for a >= b. */
export function logDiffExp(a: number, b: number): number {
  if (b === Number.NEGATIVE_INFINITY) return a
  return a + log1mExp(b - a)
}
