import { describe, expect, test } from 'vitest'
import { parseJson, type Resource } from '#api'
import { defaultsOf, kindOf, runStatus } from '#kinds'

const job = kindOf({ apiVersion: 'batch/v1', kind: 'Job' })

function aJob(fields: { spec?: object; status?: object; labels?: Record<string, string> } = {}): Resource {
  const { spec = {}, status, labels } = fields
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', ...(labels && { labels }) }, spec, status }
}

describe('how a Job stands', () => {
  const { successCondition, failureCondition } = job
  const complete = { type: 'Complete', status: 'True', reason: 'CompletionsReached', message: 'all done' }
  const failed = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }
  test.each([
    { name: 'no status', status: undefined, is: { is: 'pending' } },
    { name: 'pods wait', status: { active: 1, ready: 0 }, is: { is: 'pending' } },
    { name: 'a pod is ready', status: { active: 1, ready: 1 }, is: { is: 'running' } },
    {
      name: 'complete',
      status: { conditions: [{ type: 'SuccessCriteriaMet', status: 'True' }, complete] },
      is: { is: 'succeeded', reason: 'CompletionsReached', message: 'all done' },
    },
    { name: 'failed', status: { conditions: [failed] }, is: { is: 'failed', reason: 'BackoffLimitExceeded' } },
    {
      name: 'failure is asked first',
      status: { conditions: [complete, failed] },
      is: { is: 'failed', reason: 'BackoffLimitExceeded' },
    },
    { name: 'not yet complete', status: { conditions: [{ ...complete, status: 'False' }] }, is: { is: 'pending' } },
  ])('$name', ({ status, is }) => {
    expect(runStatus(aJob({ status }), successCondition, failureCondition)).toEqual(is)
  })

  test.each([
    { condition: 'status.succeeded', holds: false },
    { condition: 'status.phase', holds: false },
    { condition: 'status.list', holds: true },
    { condition: 'status.empty', holds: false },
    { condition: 'status.object', holds: true },
    { condition: '', holds: false },
  ])('a condition "$condition" that finds that holds: $holds', ({ condition, holds }) => {
    const status = { succeeded: 1, phase: 'Done', list: ['a'], empty: [], object: {} }
    expect(runStatus(aJob({ status }), condition, '').is === 'succeeded').toBe(holds)
  })
})

describe('stopping', () => {
  test.each([
    { name: 'a plain Job is suspended', job: aJob(), stop: { patch: { spec: { suspend: true } } } },
    {
      name: 'the Job controller by name counts as plain',
      job: aJob({ spec: { managedBy: 'kubernetes.io/job-controller' } }),
      stop: { patch: { spec: { suspend: true } } },
    },
    {
      name: 'a queue would un-suspend it',
      job: aJob({ labels: { 'kueue.x-k8s.io/queue-name': 'q' } }),
      stop: { delete: true },
    },
    { name: 'another controller', job: aJob({ spec: { managedBy: 'example.com/x' } }), stop: { delete: true } },
  ])('$name', ({ job: resource, stop }) => {
    expect(job.stop(resource)).toEqual(stop)
  })

  test.each([
    { status: undefined, stopped: true },
    { status: { active: 1 }, stopped: false },
    { status: { active: 0, terminating: 1 }, stopped: false },
    { status: { active: 0, terminating: 0 }, stopped: true },
  ])('with status $status it has stopped: $stopped', ({ status, stopped }) => {
    expect(job.hasStopped(aJob({ status }))).toBe(stopped)
  })

  test('what nobody knows is deleted and has no pods to change', () => {
    const workflow = kindOf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' })
    expect(workflow.stop(aJob())).toEqual({ delete: true })
    expect(workflow.podTemplates(aJob())).toEqual([])
    expect([workflow.successCondition, workflow.failureCondition]).toEqual(['', ''])
  })
})

test('kinds of the training operator have the conditions Katib gives them', () => {
  for (const kind of ['TFJob', 'PyTorchJob', 'XGBoostJob', 'MPIJob']) {
    expect(defaultsOf(kind)).toEqual({
      successCondition: 'status.conditions.#(type=="Succeeded")#|#(status=="True")#',
      failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
      primaryPodLabels: { 'training.kubeflow.org/job-role': 'master' },
    })
  }
  expect(defaultsOf('constructor')).toEqual({ successCondition: '', failureCondition: '' })
})

describe('strict templates', () => {
  const container = { name: 'c', image: 'i', command: ['a'], resources: { limits: { cpu: 0.5, memory: '1Gi' } } }
  const template = (pod: object = {}, spec: object = {}) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers: [container], ...pod } } },
  })

  test.each([
    { name: 'a plain one is fine', template: template(), problems: [] },
    { name: 'nulls count as absent', template: template({ volumes: null }), problems: [] },
    {
      name: 'placeholders stand where text may stand',
      template: template({ containers: [{ ...container, args: [`--lr=\${trialParameters.lr}`] }] }),
      problems: [],
    },
    {
      name: 'large integers kept digit by digit',
      template: template({ securityContext: { runAsUser: parseJson('9007199254740993') } }),
      problems: [],
    },
    {
      name: 'an unknown field',
      template: template({ container: [] }),
      problems: ['spec.template.spec.container: expected a known field, got "container"; did you mean "containers"?'],
    },
    {
      name: 'wrong capitals',
      template: template({}, { backofflimit: 0 }),
      problems: ['spec.backofflimit: expected a known field, got "backofflimit"; did you mean "backoffLimit"?'],
    },
    {
      name: 'text for a number',
      template: template({}, { parallelism: '2' }),
      problems: ['spec.parallelism: expected an integer, got "2"'],
    },
    {
      name: 'a number for text',
      template: template({ containers: [{ ...container, env: [{ name: 'A', value: 1 }] }] }),
      problems: ['spec.template.spec.containers[0].env[0].value: expected a string, got 1; put it in quotes'],
    },
    {
      name: 'one command for a list',
      template: template({ containers: [{ ...container, command: 'sh' }] }),
      problems: ['spec.template.spec.containers[0].command: expected a list, got "sh"'],
    },
    {
      name: 'a quantity that is none',
      template: template({ containers: [{ ...container, resources: { limits: { memory: '1 GB' } } }] }),
      problems: ['spec.template.spec.containers[0].resources.limits.memory: expected a quantity, got "1 GB"'],
    },
    {
      name: 'a Job whose spec is no object',
      template: { apiVersion: 'batch/v1', kind: 'Job', spec: 'x' },
      problems: [
        'spec: expected an object, got "x"',
        'spec.template.spec.containers: expected at least one container, got none',
        'spec.template.spec.restartPolicy: expected Never or OnFailure, got nothing; write Never',
      ],
    },
    {
      name: 'no restart policy',
      template: template({ restartPolicy: 'Always' }),
      problems: ['spec.template.spec.restartPolicy: expected Never or OnFailure, got "Always"; write Never'],
    },
  ])('$name', ({ template: tree, problems }) => {
    expect(job.problems(tree).map(({ path, message }) => `${path}: ${message}`)).toEqual(problems)
  })
})
