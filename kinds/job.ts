/** The Kubernetes Job, batch/v1. */
import type { Resource } from '#api'
import { defaultsOf } from './default-conditions.ts'
import { isObject } from './gjson-modifiers.ts'
import { jobFields } from './job-fields.ts'
import type { Kind, TemplateProblem } from './kind.ts'
import { strictProblems } from './strict-fields.ts'

export const job: Kind = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  ...defaultsOf('Job'),
  podTemplates: () => [{ path: ['spec', 'template'], primary: true }],
  isRunning: resource => count(resource, 'ready') > 0,
  /** Suspended, so that its pods end with their grace; a queue or another controller would un-suspend it: deleted. */
  stop: resource => (isHandledElsewhere(resource) ? { delete: true } : { patch: { spec: { suspend: true } } }),
  hasStopped: resource => count(resource, 'active') === 0 && count(resource, 'terminating') === 0,
  problems: template => [...strictProblems(template, jobFields), ...podProblems(template)],
}

const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name'
const JOB_CONTROLLER = 'kubernetes.io/job-controller'

function isHandledElsewhere(resource: Resource): boolean {
  const managedBy = objectAt(resource, 'spec').managedBy
  return (
    resource.metadata.labels?.[QUEUE_LABEL] !== undefined || (managedBy !== undefined && managedBy !== JOB_CONTROLLER)
  )
}

function count(resource: Resource, field: string): number {
  const value = objectAt(resource, 'status')[field]
  return typeof value === 'number' ? value : 0
}

/** What the API server would refuse at the creation of every single trial. */
function podProblems(template: Readonly<Record<string, unknown>>): readonly TemplateProblem[] {
  const path = 'spec.template.spec'
  const pod = objectAt(objectAt(objectAt(template, 'spec'), 'template'), 'spec')
  const problems: TemplateProblem[] = []
  if (!Array.isArray(pod.containers) || pod.containers.length === 0)
    problems.push({ path: `${path}.containers`, message: 'expected at least one container, got none' })
  if (pod.restartPolicy !== 'Never' && pod.restartPolicy !== 'OnFailure' && !isPlaceholder(pod.restartPolicy)) {
    const got = pod.restartPolicy === undefined ? 'nothing' : JSON.stringify(pod.restartPolicy)
    problems.push({ path: `${path}.restartPolicy`, message: `expected Never or OnFailure, got ${got}; write Never` })
  }
  return problems
}

function isPlaceholder(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${')
}

function objectAt(object: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = object[key]
  return isObject(value) ? value : {}
}
