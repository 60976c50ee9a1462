/** `auto`: the model that suits the space, the budget and the trials so far; see the table in `choose.ts`. */
import { z } from 'zod'
import { PREFIX } from '#api'
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { bayesianoptimization } from '../bayesianoptimization/bayesianoptimization.ts'
import { correlationOf } from '../bayesianoptimization/model.ts'
import { inBurst, placeInBurst } from '../burst.ts'
import { cmaes } from '../cmaes/cmaes.ts'
import { grid } from '../grid/grid.ts'
import { multivariateTpe } from '../multivariate-tpe/multivariate-tpe.ts'
import { randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'
import { observe } from '../tpe/observations.ts'
import { type Choice, choose } from './choose.ts'

const Settings = z.strictObject({ random_state: randomState })

/** On a trial: the model that suggested it. */
const MODEL_LABEL = `${PREFIX}/model`

export const auto: Algorithm<z.output<typeof Settings>> = {
  name: 'auto',
  about: 'chooses among the others by the space, the budget and what the trials show, and says why',
  source: 'a table of the space, the budget and what the trials show',
  settings: Settings,
  refuses: () => undefined,
  suggest(request) {
    const suggestions: Suggestion[] = []
    const runs = runsOf(request)
    const last = runs.at(-1)?.choice
    const main = last?.main ?? last
    const made = main ? { choice: { model: main.model, because: main.because } } : {}
    for (const { choice, firstIndex, count } of runs) {
      const pending = suggestions.map((suggestion, i) => ({ ...suggestion, index: request.firstIndex + i }))
      const history = { finished: request.history.finished, pending: [...request.history.pending, ...pending] }
      const { suggestions: found } = ask({ ...request, history, firstIndex, count }, choice)
      for (const suggestion of found) {
        const labels = { ...suggestion.labels, [MODEL_LABEL]: choice.model }
        suggestions.push(inBurst({ ...suggestion, labels, because: choice.because }, history))
      }
      if (found.length < count) return { suggestions, searchEnded: choice.model === 'grid', ...made }
    }
    return { suggestions, ...made }
  },
}

/** Neighbouring indexes of one choice are asked together, so that a batch is planned as one. */
function runsOf({ problem, history, firstIndex, count }: SuggestRequest<unknown>) {
  const space = createSpace(problem)
  const observations = observe(history)
  const best = observations.ranked[0]
  const shared = {
    space,
    maxTrialCount: problem.maxTrialCount,
    finishedCount: history.finished.length,
    sinceBest: best ? best.age : 0,
    correlation: () => correlationOf(space.axes, observations),
  }
  const firstPlace = placeInBurst(history)
  const runs: { choice: Choice; firstIndex: number; count: number }[] = []
  for (let i = 0; i < count; i++) {
    const index = firstIndex + i
    const choice = choose({ ...shared, pendingCount: history.pending.length + i, index, place: firstPlace + i })
    const last = runs.at(-1)
    if (last?.choice.model === choice.model) last.count++
    else runs.push({ choice, firstIndex: index, count: 1 })
  }
  return runs
}

/** The model with its own defaults. */
function ask(request: SuggestRequest<unknown>, { model }: Choice) {
  if (model === 'grid') return grid.suggest({ ...request, settings: grid.settings.parse({}) })
  if (model === 'multivariate-tpe')
    return multivariateTpe.suggest({ ...request, settings: multivariateTpe.settings.parse({}) })
  if (model === 'bayesianoptimization') {
    return bayesianoptimization.suggest({ ...request, settings: bayesianoptimization.settings.parse({}) })
  }
  return cmaes.suggest({ ...request, settings: cmaes.settings.parse({ restart_strategy: 'ipop', sigma: '0.1' }) })
}
