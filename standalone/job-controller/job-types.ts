/** The fields of a batch/v1 Job that the Job controller reads and writes. */
import type { Resource } from '#api'
import type { PodTemplate } from '../kubelet/pod-types.ts'

export interface Job extends Resource {
  readonly spec: JobSpec
  readonly status?: JobStatus
}

export interface JobSpec {
  readonly parallelism?: number
  readonly completions?: number
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  readonly backoffLimit?: number
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly suspend?: boolean
  readonly managedBy?: string
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  readonly podFailurePolicy?: { readonly rules?: readonly FailureRule[] }
  readonly template: PodTemplate
}

export interface FailureRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  readonly onExitCodes?: {
    readonly containerName?: string
    readonly operator: 'In' | 'NotIn'
    readonly values: readonly number[]
  }
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[]
}

export interface JobCondition {
  readonly type: 'Complete' | 'Failed' | 'Suspended' | 'SuccessCriteriaMet' | 'FailureTarget'
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: string
  readonly lastTransitionTime?: string
}

export interface JobStatus {
  readonly conditions?: readonly JobCondition[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly completedIndexes?: string
  readonly uncountedTerminatedPods?: object
}

export const JOB = { apiVersion: 'batch/v1', kind: 'Job' } as const

export function holds(job: Job, type: JobCondition['type']): boolean {
  return job.status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
}

export function isFinished(job: Job): boolean {
  return holds(job, 'Complete') || holds(job, 'Failed')
}
