/** All that the suggestion reconciler looks at; asks the algorithm when assignments are wanted. */
import { filledIn } from '../admission/filled-in.ts'
import { type Caches, suggestionOf } from '../caches.ts'
import type { Asker } from './asker.ts'
import { type ForeignService, isAvailable, serviceName } from './foreign-service.ts'
import { wanted } from './wanted.ts'
import type { SuggestionWorld } from './world.ts'

export function readSuggestion(
  caches: Caches,
  key: string,
  asker: Asker,
  onAnswer: () => void,
  foreignService?: (algorithmName: string, ruleName: string | undefined) => ForeignService | undefined,
): SuggestionWorld | undefined {
  const [namespace, name] = key.split('/')
  const stored = caches.experiments.get(namespace, name)
  const experiment = stored && filledIn(stored)
  const self = experiment && suggestionOf(caches, experiment).suggestion
  if (!self) return undefined
  const trials = caches.roster.of(experiment.metadata.uid)
  const asked = foreignService?.(self.spec.algorithm?.algorithmName ?? '', self.spec.earlyStopping?.algorithmName)
  const deploymentName = serviceName(self.metadata.name, self.spec.algorithm?.algorithmName ?? '')
  const service = asked && { asked, deployment: caches.deployments().get(namespace, deploymentName) }
  const want = !service || isAvailable(service.deployment) ? wanted(experiment, self, trials) : undefined
  const answer = want && asker.answer(experiment, self, trials, want, onAnswer)
  const uid = experiment.metadata.uid
  const isTaken = (trial: string) => {
    const owners = caches.trials.get(namespace, trial)?.metadata.ownerReferences
    return caches.trials.get(namespace, trial) !== undefined && !owners?.some(owner => owner.uid === uid)
  }
  return {
    self,
    experiment,
    trials,
    isTaken,
    isAsking: answer?.is === 'asking',
    ...(answer?.is === 'answered' ? { answer: answer.answer } : {}),
    ...(answer?.is === 'failed' ? { failure: answer } : {}),
    ...(service ? { service } : {}),
  }
}
