/** `hyperband`: random values under successive halving with every bracket of the paper, at any parallelism. */
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { mayBePromoted, suggestByBrackets } from './brackets.ts'
import { freshValues } from './fresh-values.ts'
import { HalvingSettings, refusesHalving, withResource } from './rungs.ts'

export const hyperband: Algorithm<HalvingSettings> = {
  name: 'hyperband',
  about: 'random search that gives most trials little of a resource (epochs) and the best ones all of it',
  source: 'Li et al. 2018, JMLR 18(185), algorithm 1',
  needs: 'the setting resource_name to name a parameter of type int or double, and r_l not below its minimum',
  settings: HalvingSettings,
  repeats: true,
  searched: withResource,
  refuses: refusesHalving,
  suggest: atRandom,
  withoutModel: atRandom,
  mayContinue: mayBePromoted,
}

/** Brackets of random values. */
export function atRandom(request: SuggestRequest<HalvingSettings>) {
  return { suggestions: suggestByBrackets(request, index => freshValues(request, index)) }
}
