/** What this program knows when it judges an Experiment, wherever it does so. */
import { type AdmissionKnowledge, builtInKnowledge, type ForeignNames, type TrialKind } from '#controller'
import { earlyStoppingNames } from '#earlystop'

const builtIn = {
  collectors: ['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push', 'None'],
  earlyStoppers: earlyStoppingNames,
} as const

export const knowledge: AdmissionKnowledge = builtInKnowledge(builtIn)

/** The same with services that are not ours, as they are known at each judgement. */
export function knowledgeOf(foreign: () => ForeignNames): AdmissionKnowledge {
  return builtInKnowledge({ ...builtIn, foreign })
}

/** The same where an operator lists what trials may be; his list is asked for at each judgement. */
export function knowledgeWith(
  allowedKinds: () => readonly TrialKind[],
  foreign: () => ForeignNames = () => ({ algorithms: [], earlyStoppers: [] }),
): AdmissionKnowledge {
  // Whoever judges copies it: what is asked for at each judgement is seen by the copy.
  return Object.defineProperty(knowledgeOf(foreign), 'allowedKinds', { get: allowedKinds, enumerable: true })
}
