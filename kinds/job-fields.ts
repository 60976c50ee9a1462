/** The fields of a batch/v1 Job. */
import { labelSelector, metadata } from './metadata-fields.ts'
import { podSpec } from './pod-fields.ts'
import type { Fields } from './strict-fields.ts'

/** The whole Job; a template has no status of its own, an exported one is let through. */
export const jobFields: Fields = {
  apiVersion: 'string',
  kind: 'string',
  metadata,
  spec: {
    parallelism: 'integer',
    completions: 'integer',
    activeDeadlineSeconds: 'integer',
    podFailurePolicy: {
      rules: [
        {
          action: 'string',
          onExitCodes: { containerName: 'string', operator: 'string', values: ['integer'] },
          onPodConditions: [{ type: 'string', status: 'string' }],
        },
      ],
    },
    successPolicy: { rules: [{ succeededIndexes: 'string', succeededCount: 'integer' }] },
    backoffLimit: 'integer',
    backoffLimitPerIndex: 'integer',
    maxFailedIndexes: 'integer',
    selector: labelSelector,
    manualSelector: 'boolean',
    template: { metadata, spec: podSpec },
    ttlSecondsAfterFinished: 'integer',
    completionMode: 'string',
    suspend: 'boolean',
    podReplacementPolicy: 'string',
    managedBy: 'string',
  },
  status: 'any',
}
