/** Values for a trial that goes on from none: uniform, within the constraints. */
import type { SuggestRequest } from '../algorithm.ts'
import { createSpace } from '../space.ts'

export function freshValues(
  { problem, stream, allows }: Pick<SuggestRequest<unknown>, 'problem' | 'stream' | 'allows'>,
  index: number,
): Float64Array {
  const space = createSpace(problem)
  const rng = stream(index)
  const draw = () => space.snap(Float64Array.from(space.axes, () => rng.uniform()))
  let point = draw()
  for (let attempt = 0; attempt < 100 && !allows(point); attempt++) point = draw()
  return point
}
