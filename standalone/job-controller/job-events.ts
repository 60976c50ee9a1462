/** What the Job controller says of a Job in events: the pods it made and ended, and how the Job stands. */
import type { Resource } from '#api'
import type { ClusterEvent } from '../event-recorder.ts'
import type { Job, JobCondition, JobStatus } from './job-types.ts'
import type { JobPlan } from './plan-job.ts'

type Said = Pick<ClusterEvent, 'type' | 'reason' | 'message'>

/** Of pods, once they are made or told to end. */
export function podNews(
  job: Job,
  { create, delete: gone }: Pick<JobPlan, 'create' | 'delete'>,
): readonly ClusterEvent[] {
  const said = (reason: string, did: string) => (pod: Resource) =>
    of(job, { type: 'Normal', reason, message: `${did} pod: ${pod.metadata.name}` })
  return [...create.map(said('SuccessfulCreate', 'Created')), ...gone.map(said('SuccessfulDelete', 'Deleted'))]
}

/** Of conditions that turned with this status. */
export function conditionNews(job: Job, status: JobStatus): readonly ClusterEvent[] {
  const old = job.status?.conditions ?? []
  const turned = (status.conditions ?? []).filter(
    next => !old.some(({ type, status: was }) => type === next.type && was === next.status),
  )
  return turned.flatMap(condition => said(condition).map(one => of(job, one)))
}

function said({ type, status, reason = '', message = '' }: JobCondition): readonly Said[] {
  if (type === 'Suspended')
    return [
      status === 'True'
        ? { type: 'Normal', reason: 'Suspended', message: 'Job suspended' }
        : { type: 'Normal', reason: 'Resumed', message: 'Job resumed' },
    ]
  if (status !== 'True') return []
  if (type === 'Complete') return [{ type: 'Normal', reason: 'Completed', message: 'Job completed' }]
  return type === 'Failed' ? [{ type: 'Warning', reason, message }] : []
}

const of = (about: Job, event: Said): ClusterEvent => ({ ...event, about, by: 'job-controller' })
