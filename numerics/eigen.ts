/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reduction to tridiagonal form, then implicit QL.
 *
 * Source: Wilkinson and Reinsch 1971, Handbook for Automatic Computation II, contributions II/2 (tred2) and II/3 (imtql2).
 *
 * A, V [n, n] row-major · A = V diag(λ) Vᵀ, column k of V belongs to λ_k · d, e [n] diagonal and subdiagonal
 */

export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array
  /** Column k belongs to value k. */
  readonly vectors: Float64Array
}

/** Reads the lower triangle. `undefined`: an entry is not finite, or QL did not settle in 60 steps. */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen | undefined {
  const v = a.slice()
  const d = new Float64Array(n)
  const e = new Float64Array(n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) if (!Number.isFinite(v[i * n + j])) return undefined
  reduce(v, d, e, n)
  if (!diagonalise(v, d, e, n)) return undefined
  const order = Array.from(d, (_, k) => k).sort((x, y) => d[x] - d[y])
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) vectors[i * n + k] = v[i * n + order[k]]
  return { values: Float64Array.from(order, k => d[k]), vectors }
}

/** v becomes the accumulated reflections, d the diagonal, e the subdiagonal from e[1] on. */
function reduce(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = n - 1; i > 0; i--) {
    const row = i * n
    let scale = 0
    for (let k = 0; k < i; k++) scale += Math.abs(v[row + k])
    if (i === 1 || scale === 0) {
      e[i] = v[row + i - 1]
      d[i] = 0
      continue
    }
    let h = 0
    for (let k = 0; k < i; k++) {
      v[row + k] /= scale
      h += v[row + k] * v[row + k]
    }
    const f = v[row + i - 1]
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h)
    e[i] = scale * g
    h -= f * g
    v[row + i - 1] = f - g
    let sum = 0
    for (let j = 0; j < i; j++) {
      v[j * n + i] = v[row + j] / h
      let product = 0
      for (let k = 0; k <= j; k++) product += v[j * n + k] * v[row + k]
      for (let k = j + 1; k < i; k++) product += v[k * n + j] * v[row + k]
      e[j] = product / h
      sum += e[j] * v[row + j]
    }
    const half = sum / (h + h)
    for (let j = 0; j < i; j++) {
      const p = v[row + j]
      const q = e[j] - half * p
      e[j] = q
      for (let k = 0; k <= j; k++) v[j * n + k] -= p * e[k] + q * v[row + k]
    }
    d[i] = h
  }
  d[0] = 0
  e[0] = 0
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0) {
      for (let j = 0; j < i; j++) {
        let product = 0
        for (let k = 0; k < i; k++) product += v[i * n + k] * v[k * n + j]
        for (let k = 0; k < i; k++) v[k * n + j] -= product * v[k * n + i]
      }
    }
    d[i] = v[i * n + i]
    v[i * n + i] = 1
    for (let j = 0; j < i; j++) {
      v[j * n + i] = 0
      v[i * n + j] = 0
    }
  }
}

/** Rotates the subdiagonal away; v follows. */
function diagonalise(v: Float64Array, d: Float64Array, e: Float64Array, n: number): boolean {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]
  if (n > 0) e[n - 1] = 0
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]) + Math.abs(d[m + 1])
        if (Math.abs(e[m]) <= Number.EPSILON * size) break
      }
      if (m === l) break
      if (iteration === 60) return false
      let g = (d[l + 1] - d[l]) / (2 * e[l])
      let r = Math.hypot(g, 1)
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * e[i]
        const b = c * e[i]
        r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1] -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1] - p
        r = (d[i] - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        for (let k = 0; k < n; k++) {
          const right = v[k * n + i + 1]
          const left = v[k * n + i]
          v[k * n + i + 1] = s * left + c * right
          v[k * n + i] = c * left - s * right
        }
      }
      if (r === 0 && i >= l) continue
      d[l] -= p
      e[l] = g
      e[m] = 0
    }
  }
  return true
}
