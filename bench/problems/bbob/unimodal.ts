/** BBOB f1-f14: separable, of moderate and of high conditioning. Source and notation: `transforms.ts`. */
import { type Instance, minus, penalty, ripple, scaled, skewed, sum, type Vector } from './transforms.ts'

export type Make = (instance: Instance) => (x: Vector) => number

const rastrigin = (z: Vector) => 10 * (z.length - sum(z.map(v => Math.cos(2 * Math.PI * v)))) + sum(z.map(v => v * v))
const ellipsoid = (z: Vector, t: Vector) => sum(z.map((v, i) => 10 ** (6 * t[i]) * v * v))
export const valley = (z: Vector) => sum(z.slice(0, -1).map((v, i) => 100 * (v * v - z[i + 1]) ** 2 + (v - 1) ** 2))
/** max(1, √D / 8) */
export const stretch = ({ d }: Instance) => Math.max(1, Math.sqrt(d) / 8)

export const sphere: Make = o => x => sum(minus(x, o.optimum).map(v => v * v))
export const separableEllipsoid: Make = o => x => ellipsoid(minus(x, o.optimum).map(ripple), o.t)
export const separableRastrigin: Make = o => x =>
  rastrigin(scaled(10, skewed(0.2, minus(x, o.optimum).map(ripple), o), o))

export const buecheRastrigin: Make = o => {
  const optimum = o.optimum.map((v, i) => (i % 2 === 0 ? Math.abs(v) : v))
  return x => {
    const z = minus(x, optimum)
      .map(ripple)
      .map((v, i) => v * 10 ** (o.t[i] / 2) * (v > 0 && i % 2 === 0 ? 10 : 1))
    return rastrigin(z) + 100 * penalty(x)
  }
}

export const linearSlope: Make = o => {
  const optimum = o.optimum.map(v => 5 * Math.sign(v))
  const slopes = optimum.map((v, i) => Math.sign(v) * 10 ** o.t[i])
  return x => sum(slopes.map((s, i) => 5 * Math.abs(s) - s * (optimum[i] * x[i] < 25 ? x[i] : optimum[i])))
}

export const attractiveSector: Make = o => x => {
  const z = o.rotateAgain(scaled(10, o.rotate(minus(x, o.optimum)), o))
  return ripple(sum(z.map((v, i) => ((v * o.optimum[i] > 0 ? 100 : 1) * v) ** 2))) ** 0.9
}

export const stepEllipsoid: Make = o => x => {
  const hat = scaled(10, o.rotate(minus(x, o.optimum)), o)
  const stepped = hat.map(v => (Math.abs(v) > 0.5 ? Math.floor(0.5 + v) : Math.floor(0.5 + 10 * v) / 10))
  const z = o.rotateAgain(stepped)
  return 0.1 * Math.max(Math.abs(hat[0]) / 1e4, sum(z.map((v, i) => 10 ** (2 * o.t[i]) * v * v))) + penalty(x)
}

/** The optimum lies within [-3, 3]. */
export const rosenbrock: Make = o => x =>
  valley(
    minus(
      x,
      o.optimum.map(v => 0.75 * v),
    ).map(v => stretch(o) * v + 1),
  )
export const rotatedRosenbrock: Make = o => x => valley(o.rotate(x).map(v => stretch(o) * v + 0.5))

export const rotatedEllipsoid: Make = o => x => ellipsoid(o.rotate(minus(x, o.optimum)).map(ripple), o.t)
export const discus: Make = o => x => {
  const [first, ...rest] = o.rotate(minus(x, o.optimum)).map(ripple)
  return 1e6 * first * first + sum(rest.map(v => v * v))
}
export const bentCigar: Make = o => x => {
  const [first, ...rest] = o.rotate(skewed(0.5, o.rotate(minus(x, o.optimum)), o))
  return first * first + 1e6 * sum(rest.map(v => v * v))
}
export const sharpRidge: Make = o => x => {
  const [first, ...rest] = o.rotateAgain(scaled(10, o.rotate(minus(x, o.optimum)), o))
  return first * first + 100 * Math.sqrt(sum(rest.map(v => v * v)))
}
export const differentPowers: Make = o => x =>
  Math.sqrt(sum(o.rotate(minus(x, o.optimum)).map((v, i) => Math.abs(v) ** (2 + 4 * o.t[i]))))
export const rotatedRastrigin: Make = o => x => {
  const bent = skewed(0.2, o.rotate(minus(x, o.optimum)).map(ripple), o)
  return rastrigin(o.rotate(scaled(10, o.rotateAgain(bent), o)))
}
