import { describe, expect, test } from 'vitest'
import type { Resource, SuggestionEntry } from '#api'
import { type ForeignService, serviceObjects } from '../../../controller/suggestion/foreign-service.ts'
import { plan } from '../../../controller/suggestion/plan.ts'
import type { SuggestionWorld } from '../../../controller/suggestion/world.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
const algorithm: SuggestionEntry = { algorithmName: 'mine', image: 'example.com/mine:1' }
const suggestion = (resumePolicy = 'Never') => {
  const made = aSuggestion()
  return { ...made, spec: { ...made.spec, algorithm: { algorithmName: 'mine' }, resumePolicy } } as typeof made
}

function objects(service: ForeignService, resumePolicy?: string) {
  const made = serviceObjects(suggestion(resumePolicy), service)
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an object
  return Object.fromEntries(made.map(object => [object.kind, object as any]))
}

describe('the objects', () => {
  test("have Katib's names, labels and ports, and Katib's probe", () => {
    const { Deployment, Service, ...others } = objects({ algorithm })
    expect(others).toEqual({})
    const labels = {
      'katib.kubeflow.org/deployment': 'e-mine',
      'katib.kubeflow.org/experiment': 'e',
      'katib.kubeflow.org/suggestion': 'e',
    }
    expect(Deployment.metadata).toMatchObject({ name: 'e-mine', labels, ownerReferences: [{ kind: 'Suggestion' }] })
    expect(Deployment.spec.selector.matchLabels).toEqual(Deployment.spec.template.metadata.labels)
    expect(Service.spec).toEqual({
      selector: Deployment.spec.selector.matchLabels,
      ports: [{ name: 'suggestion-api', port: 6789 }],
    })
    const [container] = Deployment.spec.template.spec.containers
    expect(container).toEqual({
      name: 'suggestion',
      image: 'example.com/mine:1',
      imagePullPolicy: 'IfNotPresent',
      ports: [{ name: 'suggestion-api', containerPort: 6789 }],
      readinessProbe: {
        grpc: { port: 6789, service: 'manager.v1beta1.Suggestion' },
        initialDelaySeconds: 10,
        periodSeconds: 10,
      },
      livenessProbe: {
        grpc: { port: 6789, service: 'manager.v1beta1.Suggestion' },
        initialDelaySeconds: 10,
        periodSeconds: 120,
        failureThreshold: 12,
      },
      resources: {
        requests: { cpu: '50m', memory: '10Mi', 'ephemeral-storage': '500Mi' },
        limits: { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '5Gi' },
      },
    })
  })

  test('what an entry says of its container counts', () => {
    const entry = {
      ...algorithm,
      ...{ name: 'main', serviceAccountName: 'account', args: ['--fast'] },
      ports: [{ name: 'suggestion-api', containerPort: 7000 }],
      readinessProbe: { httpGet: { path: '/', port: 80 } },
      resources: { limits: { memory: '1Gi', 'ephemeral-storage': '-1' } },
    }
    const { spec } = objects({ algorithm: entry }).Deployment.spec.template
    expect(spec.serviceAccountName).toBe('account')
    expect(spec.containers[0]).toMatchObject({ name: 'main', args: ['--fast'], readinessProbe: { httpGet: {} } })
    expect(spec.containers[0].ports).toEqual(entry.ports)
    expect(spec.containers[0].resources.limits).toEqual({ cpu: '500m', memory: '1Gi' })
    expect(spec.containers[0]).not.toHaveProperty('algorithmName')
  })

  test('a rule for stopping early is a second container and a second port', () => {
    const stopping = { algorithmName: 'rule', image: 'example.com/rule:1' }
    const { Deployment, Service } = objects({ algorithm, stopping })
    expect(Deployment.spec.template.spec.containers[1]).toMatchObject({
      name: 'early-stopping',
      ports: [{ name: 'earlystop-api', containerPort: 6788 }],
    })
    expect(Service.spec.ports).toContainEqual({ name: 'earlystop-api', port: 6788 })
  })

  test('a rule beside a built-in algorithm has the pod for itself, and no claim', () => {
    const { Deployment, Service, ...others } = objects(
      { stopping: { algorithmName: 'rule', image: 'example.com/rule:1' } },
      'FromVolume',
    )
    expect(others).toEqual({})
    expect(Deployment.spec.template.spec.containers).toEqual([
      expect.objectContaining({ name: 'early-stopping', image: 'example.com/rule:1' }),
    ])
    expect(Service.spec.ports).toEqual([{ name: 'earlystop-api', port: 6788 }])
  })

  test('FromVolume: a claim, mounted where the entry says', () => {
    const { PersistentVolumeClaim: claim, Deployment } = objects(
      { algorithm: { ...algorithm, volumeMountPath: '/state' } },
      'FromVolume',
    )
    expect(claim).toMatchObject({ metadata: { name: 'e-mine' }, spec: { accessModes: ['ReadWriteOnce'] } })
    const { volumes, containers } = Deployment.spec.template.spec
    expect(volumes).toEqual([{ name: 'suggestion-volume', persistentVolumeClaim: { claimName: 'e-mine' } }])
    expect(containers[0].volumeMounts).toEqual([{ name: 'suggestion-volume', mountPath: '/state' }])
  })
})

describe('a search', () => {
  const deployment = (available: boolean): Resource => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'e-mine', namespace: 'default' },
    status: { conditions: [{ type: 'Available', status: available ? 'True' : 'False' }] },
  })
  const asked = { algorithm }
  const over = (resumePolicy: 'Never' | 'LongRunning') =>
    anExperiment({ resumePolicy }, { conditions: [{ type: 'Succeeded', status: 'True' }] })
  const planned = (change: Partial<SuggestionWorld>) => {
    const base = { experiment: anExperiment(), trials: new TrialRoll(), isTaken: () => false, isAsking: false }
    return plan({ self: suggestion(), ...base, ...change }, now)
  }
  const kinds = (of: readonly { kind: string }[] = []) => of.map(({ kind }) => kind)
  const ready = (change: Partial<SuggestionWorld>) =>
    planned(change).status?.conditions?.find(({ type }) => type === 'DeploymentReady')

  test('without its service: it is made, and the condition says that it does not serve', () => {
    expect(kinds(planned({ service: { asked, deployment: undefined } }).create)).toEqual(['Service', 'Deployment'])
    expect(ready({ service: { asked, deployment: deployment(false) } })).toMatchObject({
      status: 'False',
      reason: 'DeploymentNotReady',
    })
    expect(kinds(planned({ service: { asked, deployment: deployment(false) } }).create)).toEqual([])
  })

  test('that may not be made: nothing is created, and condition Degraded has the words of the API server', () => {
    const change = planned({ service: { asked, deployment: undefined, refusal: 'deployments.apps is forbidden' } })
    expect(kinds(change.create)).toEqual([])
    expect(change.requeueAfterMs).toBeGreaterThan(0)
    expect(change.status?.conditions?.at(-1)).toMatchObject({
      type: 'Degraded',
      message: expect.stringMatching(/deployments\.apps is forbidden; grant the right/),
    })
  })

  test('with its service available: it runs', () => {
    expect(ready({ service: { asked, deployment: deployment(true) } })).toMatchObject({ status: 'True' })
  })

  test('over: the service goes, except where it is to keep running', () => {
    const service = { asked, deployment: deployment(true) }
    expect(kinds(planned({ experiment: over('Never'), service }).delete)).toEqual(['Service', 'Deployment'])
    expect(planned({ experiment: over('LongRunning'), service }).delete).toBeUndefined()
    expect(planned({ experiment: over('Never'), service: { asked, deployment: undefined } }).create ?? []).toEqual([])
  })
})
