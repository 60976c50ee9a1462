/** `sobol`: scrambled low-discrepancy points, addressed by the suggestion's index: an even cover at every budget. */
import { z } from 'zod'
import { sobolPoint } from '#numerics'
import type { Algorithm } from '../algorithm.ts'
import { randomState } from '../setting.ts'

const Settings = z.strictObject({ random_state: randomState })

export const sobol: Algorithm<z.output<typeof Settings>> = {
  name: 'sobol',
  about: 'scrambled Sobol points: random search without clumps and gaps',
  source: 'Joe and Kuo 2008; Owen 1998 (scrambling)',
  settings: Settings,
  refuses: () => undefined,
  suggest({ problem, firstIndex, count, stream }) {
    const scramble = stream(-1).integer(4294967296)
    const suggestions = Array.from({ length: count }, (_, i) => {
      return { point: sobolPoint(firstIndex + i, problem.parameters.length, scramble) }
    })
    return { suggestions }
  },
}
