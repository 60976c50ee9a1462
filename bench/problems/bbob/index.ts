/** The 24 noiseless functions of BBOB as tasks, named `bbob-f1-d10-i1`: function, dimensions (2 to 40), instance. */
import { type ComputedProblem, numericProblem } from '../problem.ts'
import * as multimodal from './multimodal.ts'
import { instanceOf } from './transforms.ts'
import * as unimodal from './unimodal.ts'

/** f1 to f24. */
export const bbobFunctions: readonly unimodal.Make[] = [
  unimodal.sphere,
  unimodal.separableEllipsoid,
  unimodal.separableRastrigin,
  unimodal.buecheRastrigin,
  unimodal.linearSlope,
  unimodal.attractiveSector,
  unimodal.stepEllipsoid,
  unimodal.rosenbrock,
  unimodal.rotatedRosenbrock,
  unimodal.rotatedEllipsoid,
  unimodal.discus,
  unimodal.bentCigar,
  unimodal.sharpRidge,
  unimodal.differentPowers,
  unimodal.rotatedRastrigin,
  multimodal.weierstrass,
  multimodal.schaffers(10),
  multimodal.schaffers(1000),
  multimodal.griewankRosenbrock,
  multimodal.schwefel,
  multimodal.gallagher(101, 1000),
  multimodal.gallagher(21, 1000 ** 2),
  multimodal.katsuura,
  multimodal.lunacek,
]

/** `undefined`: no name of this family. */
export function bbobProblem(name: string): ComputedProblem | undefined {
  const [, f, d, i] = /^bbob-f(\d+)-d(\d+)-i(\d+)$/.exec(name) ?? []
  const make = bbobFunctions[Number(f) - 1]
  if (make === undefined || Number(d) < 2 || Number(d) > 40 || Number(i) < 1) return undefined
  const box = Array.from({ length: Number(d) }, () => [-5, 5] as const)
  return numericProblem(name, box, 0, make(instanceOf(name, Number(d))))
}
