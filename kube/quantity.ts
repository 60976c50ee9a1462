/** Kubernetes quantities: `0.5`, `100m`, `1Gi`, `2e3`. */

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** In units (cores, bytes, pieces). Throws Error with one sentence for what is no quantity. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(quantity.trim())
  if (!match) throw new Error(`expected a quantity such as 500m, 2 or 1Gi, got "${quantity}"`)
  return Number(match[1]) * factors[match[2] ?? '']
}
