/** BBOB f15-f24: many optima, with and without a structure that leads to the best. Source and notation: `transforms.ts`. */
import { type Instance, minus, penalty, ripple, scaled, skewed, sum, type Vector } from './transforms.ts'
import { type Make, stretch } from './unimodal.ts'

const octaves = Array.from({ length: 12 }, (_, k) => k)
const waves = (v: number) => sum(octaves.map(k => 2 ** -k * Math.cos(2 * Math.PI * 3 ** k * (v + 0.5))))

export const weierstrass: Make = o => x => {
  const z = o.rotate(scaled(1 / 100, o.rotateAgain(o.rotate(minus(x, o.optimum)).map(ripple)), o))
  return 10 * (sum(z.map(waves)) / o.d - waves(0)) ** 3 + (10 / o.d) * penalty(x)
}

export const schaffers =
  (conditioning: number): Make =>
  o =>
  x => {
    const z = scaled(conditioning, o.rotateAgain(skewed(0.5, o.rotate(minus(x, o.optimum)), o)), o)
    const s = z.slice(0, -1).map((v, i) => Math.hypot(v, z[i + 1]))
    const terms = s.map(v => Math.sqrt(v) * (1 + Math.sin(50 * v ** 0.2) ** 2))
    return (sum(terms) / (o.d - 1)) ** 2 + 10 * penalty(x)
  }

export const griewankRosenbrock: Make = o => x => {
  const z = o.rotate(x).map(v => stretch(o) * v + 0.5)
  const s = z.slice(0, -1).map((v, i) => 100 * (v * v - z[i + 1]) ** 2 + (v - 1) ** 2)
  return (10 / (o.d - 1)) * sum(s.map(v => v / 4000 - Math.cos(v))) + 10
}

export const schwefel: Make = o => {
  const signs = o.optimum.map(v => Math.sign(v) || 1)
  const place = 4.2096874633
  return x => {
    const hat = x.map((v, i) => 2 * signs[i] * v)
    const coupled = hat.map((v, i) => (i === 0 ? v : v + 0.25 * (hat[i - 1] - place)))
    const z = scaled(
      10,
      coupled.map(v => v - place),
      o,
    ).map(v => 100 * (v + place))
    const terms = z.map(v => v * Math.sin(Math.sqrt(Math.abs(v))))
    return -sum(terms) / (100 * o.d) + 4.189828872724339 + 100 * penalty(z.map(v => v / 100))
  }
}

/** Peaks of their own shapes; the first is the highest. */
export const gallagher =
  (count: number, highest: number): Make =>
  o => {
    const reach = count > 50 ? 1 : 0.98
    const peaks = Array.from({ length: count }, (_, i) =>
      i === 0 ? o.optimum.map(v => reach * v) : o.uniforms(o.d).map(u => (count > 50 ? 10 * u - 5 : 9.8 * u - 4.9)),
    ).map(y => o.rotate(y))
    const heights = peaks.map((_, i) => (i === 0 ? 10 : 1.1 + (8 * (i - 1)) / (count - 2)))
    const order = permutation(o, count - 1)
    const conditionings = peaks.map((_, i) => (i === 0 ? highest : 1000 ** ((2 * order[i - 1]) / (count - 2))))
    const shapes = conditionings.map(alpha => permutation(o, o.d).map(i => alpha ** (o.t[i] / 2) / alpha ** 0.25))
    return x => {
      const rotated = o.rotate(x)
      const values = peaks.map((peak, p) => {
        const square = sum(rotated.map((v, i) => shapes[p][i] * (v - peak[i]) ** 2))
        return heights[p] * Math.exp(-square / (2 * o.d))
      })
      return ripple(10 - Math.max(...values)) ** 2 + penalty(x)
    }
  }

function permutation(o: Instance, count: number): number[] {
  const keys = o.uniforms(count)
  return keys.map((_, i) => i).sort((a, b) => keys[a] - keys[b])
}

export const katsuura: Make = o => x => {
  const z = o.rotateAgain(scaled(100, o.rotate(minus(x, o.optimum)), o))
  const roughness = (v: number) =>
    sum(Array.from({ length: 32 }, (_, j) => 2 ** (j + 1)).map(p => Math.abs(p * v - Math.round(p * v)) / p))
  const product = z.reduce((all, v, i) => all * (1 + (i + 1) * roughness(v)) ** (10 / o.d ** 1.2), 1)
  return (10 / o.d ** 2) * (product - 1) + penalty(x)
}

export const lunacek: Make = o => {
  const signs = o.optimum.map(v => Math.sign(v) || 1)
  const near = 2.5
  const s = 1 - 1 / (2 * Math.sqrt(o.d + 20) - 8.2)
  const far = -Math.sqrt((near ** 2 - 1) / s)
  const squares = (hat: Vector, middle: number) => sum(hat.map(v => (v - middle) ** 2))
  return x => {
    const hat = x.map((v, i) => 2 * signs[i] * v)
    const z = o.rotateAgain(scaled(100, o.rotate(hat.map(v => v - near)), o))
    const funnel = Math.min(squares(hat, near), o.d + s * squares(hat, far))
    return funnel + 10 * (o.d - sum(z.map(v => Math.cos(2 * Math.PI * v)))) + 1e4 * penalty(x)
  }
}
