/** All that the suggestion reconciler looks at; asks the algorithm when assignments are wanted. */
import type { Caches } from '../caches.ts'
import type { Asker } from './asker.ts'
import { wanted } from './wanted.ts'
import type { SuggestionWorld } from './world.ts'

export function readSuggestion(
  caches: Caches,
  key: string,
  asker: Asker,
  onAnswer: () => void,
): SuggestionWorld | undefined {
  const [namespace, name] = key.split('/')
  const self = caches.suggestions.get(namespace, name)
  if (!self) return undefined
  const experiment = caches.experiments.get(namespace, name)
  const isOwner = experiment && self.metadata.ownerReferences?.some(owner => owner.uid === experiment.metadata.uid)
  if (!experiment || !isOwner) return undefined
  const trials = caches.roster.of(experiment.metadata.uid)
  const want = wanted(experiment, self, trials)
  const answer = want && asker.answer(experiment, self, trials, want, onAnswer)
  const uid = experiment.metadata.uid
  const isTaken = (trial: string) => {
    const owners = caches.trials.get(namespace, trial)?.metadata.ownerReferences
    return caches.trials.get(namespace, trial) !== undefined && !owners?.some(owner => owner.uid === uid)
  }
  return { self, experiment, trials, isTaken, ...(answer ? { answer } : {}) }
}
