/** `hyperband`: random values under successive halving with every bracket of the paper, at any parallelism. */
import type { Algorithm } from '../algorithm.ts'
import { suggestByBrackets } from './brackets.ts'
import { freshValues } from './fresh-values.ts'
import { HalvingSettings, refusesHalving, withResource } from './rungs.ts'

export const hyperband: Algorithm<HalvingSettings> = {
  name: 'hyperband',
  about: 'random search that gives most trials little of a resource (epochs) and the best ones all of it',
  settings: HalvingSettings,
  repeats: true,
  searched: withResource,
  refuses: refusesHalving,
  suggest: request => ({ suggestions: suggestByBrackets(request, index => freshValues(request, index)) }),
}
