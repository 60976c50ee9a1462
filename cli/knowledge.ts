/** What this program knows when it judges an Experiment, wherever it does so. */

import { type AdmissionKnowledge, builtInKnowledge } from '#controller'
import { earlyStoppingNames } from '#earlystop'

export const knowledge: AdmissionKnowledge = builtInKnowledge({
  collectors: ['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push', 'None'],
  earlyStoppers: earlyStoppingNames,
})
