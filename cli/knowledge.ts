/** What this program knows when it judges an Experiment, wherever it does so. */
import { type AdmissionKnowledge, builtInKnowledge, type TrialKind } from '#controller'
import { earlyStoppingNames } from '#earlystop'

export const knowledge: AdmissionKnowledge = builtInKnowledge({
  collectors: ['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push', 'None'],
  earlyStoppers: earlyStoppingNames,
})

/** The same where an operator lists what trials may be; his list is asked for at each judgement. */
export function knowledgeWith(allowedKinds: () => readonly TrialKind[]): AdmissionKnowledge {
  return {
    ...knowledge,
    get allowedKinds() {
      return allowedKinds()
    },
  }
}
