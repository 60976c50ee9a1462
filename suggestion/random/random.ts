/** `random`: every suggestion on its own, each value with the probability its distribution names. */
import { z } from 'zod'
import type { Algorithm } from '../algorithm.ts'
import { randomState } from '../setting.ts'

const Settings = z.strictObject({ random_state: randomState })

export const random: Algorithm<z.output<typeof Settings>> = {
  name: 'random',
  about: 'independent draws; the baseline every other algorithm must beat',
  source: 'Bergstra and Bengio 2012, JMLR 13',
  settings: Settings,
  refuses: () => undefined,
  suggest({ problem, firstIndex, count, stream }) {
    const suggestions = Array.from({ length: count }, (_, i) => {
      const rng = stream(firstIndex + i)
      return { point: Float64Array.from(problem.parameters, () => rng.uniform()) }
    })
    return { suggestions }
  },
}
