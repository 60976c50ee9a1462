/**
 * Cholesky factors of symmetric positive definite matrices: A = L Lᵀ, in place, row-major, lower triangle.
 *
 * Source: Golub and Van Loan 2013, section 4.2 (left-looking, by blocks of columns). Inner loops are dot products of rows,
 * in tiles of two by two: unit stride, four sums in registers. The strict upper triangle is neither read nor written.
 *
 * A, L [n, n] · b [n]
 */

const BLOCK = 48

/** Overwrites the lower triangle of `a` by L. False: not positive definite, `a` is spoilt. */
export function cholesky(a: Float64Array, n: number): boolean {
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK)
    if (from > 0) subtractProducts(a, n, from, to)
    for (let j = from; j < to; j++) {
      const rowJ = j * n
      let pivot = a[rowJ + j]
      for (let k = from; k < j; k++) pivot -= a[rowJ + k] * a[rowJ + k]
      if (!(pivot > 0) || !Number.isFinite(pivot)) return false
      const root = Math.sqrt(pivot)
      a[rowJ + j] = root
      const inverse = 1 / root
      for (let i = j + 1; i < n; i++) {
        const rowI = i * n
        let sum = a[rowI + j]
        for (let k = from; k < j; k++) sum -= a[rowI + k] * a[rowJ + k]
        a[rowI + j] = sum * inverse
      }
    }
  }
  return true
}

/** A[i, j] -= L[i, 0..from] · L[j, 0..from] for the columns of one block and all rows from it down. */
function subtractProducts(a: Float64Array, n: number, from: number, to: number): void {
  for (let i = from; i < n; i += 2) {
    const i0 = i * n
    const i1 = i + 1 < n ? i0 + n : i0
    const last = Math.min(to, i + 2)
    for (let j = from; j < last; j += 2) {
      const j0 = j * n
      const j1 = j + 1 < to ? j0 + n : j0
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      for (let k = 0; k < from; k++) {
        const x0 = a[i0 + k]
        const x1 = a[i1 + k]
        const y0 = a[j0 + k]
        const y1 = a[j1 + k]
        s00 += x0 * y0
        s01 += x0 * y1
        s10 += x1 * y0
        s11 += x1 * y1
      }
      a[i0 + j] -= s00
      if (j1 !== j0 && j + 1 <= i) a[i0 + j + 1] -= s01
      if (i1 !== i0) {
        if (j <= i + 1) a[i1 + j] -= s10
        if (j1 !== j0 && j + 1 <= i + 1) a[i1 + j + 1] -= s11
      }
    }
  }
}

/** A factor and the jitter, as a share of the mean diagonal, that was added to make it possible. */
export interface JitteredFactor {
  readonly factor: Float64Array
  readonly jitter: number
}

/** Tries jitter 0, then 1e-10 to 1e-4 of the mean diagonal. `undefined`: not even that helped. `a` stays as it is. */
export function choleskyWithJitter(a: Float64Array, n: number): JitteredFactor | undefined {
  let mean = 0
  for (let i = 0; i < n; i++) mean += a[i * n + i] / n
  for (let power = -11; power <= -4; power++) {
    const jitter = power === -11 ? 0 : 10 ** power
    const factor = a.slice()
    for (let i = 0; i < n; i++) factor[i * n + i] += jitter * mean
    if (cholesky(factor, n)) return { factor, jitter }
  }
  return undefined
}

/**
 * The factor of A with one more row and column: `row` holds the covariances with the n old ones, `diagonal` the new one.
 * The pivot is kept above 1e-10 of it. A new matrix [n + 1, n + 1].
 */
export function appendRow(l: Float64Array, n: number, row: Float64Array, diagonal: number): Float64Array {
  const size = n + 1
  const grown = new Float64Array(size * size)
  for (let i = 0; i < n; i++) grown.set(l.subarray(i * n, i * n + i + 1), i * size)
  const last = row.slice(0, n)
  solveLower(l, n, last)
  let pivot = diagonal
  for (let k = 0; k < n; k++) pivot -= last[k] * last[k]
  grown.set(last, n * size)
  grown[n * size + n] = Math.sqrt(Math.max(pivot, 1e-10 * diagonal))
  return grown
}

/** b ← L⁻¹ b. Four sums a row, since one alone would wait for itself. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    let k = 0
    for (; k + 3 < i; k += 4) {
      s0 += l[row + k] * b[k]
      s1 += l[row + k + 1] * b[k + 1]
      s2 += l[row + k + 2] * b[k + 2]
      s3 += l[row + k + 3] * b[k + 3]
    }
    for (; k < i; k++) s0 += l[row + k] * b[k]
    b[i] = (b[i] - (s0 + s1 + (s2 + s3))) / l[row + i]
  }
}

/** b ← L⁻ᵀ b */
export function solveLowerTransposed(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n
    const x = b[i] / l[row + i]
    b[i] = x
    for (let k = 0; k < i; k++) b[k] -= l[row + k] * x
  }
}

/** A⁻¹ from L, both triangles: rows of Lᵀ⁻¹ by forward substitution, four at a time, then their dot products. */
export function inverseFromCholesky(l: Float64Array, n: number): Float64Array {
  const columns = inverseColumns(l, n)
  const result = new Float64Array(n * n)
  for (let i = 0; i < n; i += 2) {
    const i0 = i * n
    const i1 = i + 1 < n ? i0 + n : i0
    for (let j = 0; j <= i; j += 2) {
      const j0 = j * n
      const j1 = j + 1 < n ? j0 + n : j0
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      for (let k = i; k < n; k++) {
        const x0 = columns[i0 + k]
        const x1 = columns[i1 + k]
        const y0 = columns[j0 + k]
        const y1 = columns[j1 + k]
        s00 += x0 * y0
        s01 += x0 * y1
        s10 += x1 * y0
        s11 += x1 * y1
      }
      result[i0 + j] = s00
      result[j0 + i] = s00
      if (j1 !== j0) {
        result[i0 + j + 1] = s01
        result[j1 + i] = s01
      }
      if (i1 !== i0) {
        result[i1 + j] = s10
        result[j0 + i + 1] = s10
      }
      if (i1 !== i0 && j1 !== j0) {
        result[i1 + j + 1] = s11
        result[j1 + i + 1] = s11
      }
    }
  }
  return result
}

/** Row j holds column j of L⁻¹: zeros up to j. */
function inverseColumns(l: Float64Array, n: number): Float64Array {
  const columns = new Float64Array(n * n)
  for (let j = 0; j < n; j += 4) {
    const width = Math.min(4, n - j)
    const c0 = j * n
    const c1 = width > 1 ? c0 + n : c0
    const c2 = width > 2 ? c0 + 2 * n : c0
    const c3 = width > 3 ? c0 + 3 * n : c0
    for (let i = j; i < n; i++) {
      const row = i * n
      let s0 = 0
      let s1 = 0
      let s2 = 0
      let s3 = 0
      for (let k = j; k < i; k++) {
        const x = l[row + k]
        s0 += x * columns[c0 + k]
        s1 += x * columns[c1 + k]
        s2 += x * columns[c2 + k]
        s3 += x * columns[c3 + k]
      }
      const inverse = 1 / l[row + i]
      // Right-hand sides are unit vectors; spare sums, where fewer than four columns are left, are not used.
      if (width > 3 && i >= j + 3) columns[c3 + i] = ((i === j + 3 ? 1 : 0) - s3) * inverse
      if (width > 2 && i >= j + 2) columns[c2 + i] = ((i === j + 2 ? 1 : 0) - s2) * inverse
      if (width > 1 && i >= j + 1) columns[c1 + i] = ((i === j + 1 ? 1 : 0) - s1) * inverse
      columns[c0 + i] = ((i === j ? 1 : 0) - s0) * inverse
    }
  }
  return columns
}
