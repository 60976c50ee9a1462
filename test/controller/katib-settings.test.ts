import { expect, test } from 'vitest'
import { KATIB_CONFIG, type KatibConfig } from '#api'
import { katibSettings } from '#controller'

const builtIn = { algorithms: ['random', 'pbt'], earlyStoppers: ['medianstop'] }
const settings = (parts: Partial<KatibConfig>) => katibSettings({ ...KATIB_CONFIG, ...parts }, builtIn)
const KATIBS = 'ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0'

test("an image of Katib's repositories means the built-in algorithm, any other one is foreign", () => {
  const { foreignAlgorithms, foreignStoppers, notes } = settings({
    runtime: {
      suggestions: [
        { algorithmName: 'random', image: KATIBS },
        { algorithmName: 'enas', image: 'ghcr.io/kubeflow/katib/suggestion-enas:v0.19.0' },
        { algorithmName: 'pbt', image: 'mirror.example/kubeflow/katib/suggestion-pbt:1' },
      ],
      earlyStoppings: [
        { algorithmName: 'medianstop', image: 'docker.io/kubeflowkatib/earlystopping-medianstop:v0.17' },
      ],
    },
  })
  expect([...foreignAlgorithms.keys()]).toEqual(['enas', 'pbt'])
  expect([...foreignStoppers.keys()]).toEqual([])
  expect(notes).toEqual([
    "Katib's own images mean what is built in: random, medianstop",
    'algorithm enas is not built in: ghcr.io/kubeflow/katib/suggestion-enas:v0.19.0',
    'algorithm pbt is not built in: mirror.example/kubeflow/katib/suggestion-pbt:1',
  ])
})

test('with `images: literal` every image is meant as it is named', () => {
  const { foreignAlgorithms } = settings({
    images: 'literal',
    runtime: { suggestions: [{ algorithmName: 'random', image: KATIBS }] },
  })
  expect([...foreignAlgorithms.keys()]).toEqual(['random'])
})

test('of entries with one name the last counts', () => {
  const { collectors, foreignAlgorithms } = settings({
    runtime: {
      metricsCollectors: [
        { kind: 'StdOut', image: KATIBS, imagePullPolicy: 'Always' },
        { kind: 'StdOut', image: KATIBS, waitAllProcesses: false },
      ],
      suggestions: [
        { algorithmName: 'random', image: 'team/mine:1' },
        { algorithmName: 'random', image: KATIBS },
      ],
    },
  })
  expect(collectors.get('StdOut')).toEqual({ waitAllProcesses: false })
  expect(foreignAlgorithms.size).toBe(0)
})

test("without trialResources trials may be Jobs, Katib's default", () => {
  expect(settings({}).allowedKinds).toEqual([{ apiVersion: 'batch/v1', kind: 'Job' }])
  expect(settings({ init: { controller: { trialResources: ['TFJob.v1.kubeflow.org'] } } }).allowedKinds).toEqual([
    { apiVersion: 'kubeflow.org/v1', kind: 'TFJob' },
  ])
})

test("a claim is the administrator's, with Katib's defaults for what it leaves out", () => {
  const claim = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '5Gi' } }, storageClassName: 'nfs' }
  const { claims } = settings({
    runtime: {
      suggestions: [
        { algorithmName: 'pbt', image: KATIBS, persistentVolumeClaimSpec: claim },
        { algorithmName: 'random', image: KATIBS, persistentVolumeClaimSpec: { storageClassName: 'nfs' } },
      ],
    },
  })
  expect(claims.get('pbt')).toEqual(claim)
  expect(claims.get('random')).toEqual({
    storageClassName: 'nfs',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  })
})

test('what has no effect is told, each with what has', () => {
  const { notes } = settings({
    init: { controller: { webhookPort: 9443, metricsAddr: ':8080', leaderElectionID: 'mine' } },
    runtime: {
      metricsCollectors: [
        { kind: 'File', image: 'team/collector:1', imagePullPolicy: 'Sometimes' },
        { kind: 'Fiel', image: KATIBS },
      ],
      suggestions: [{ algorithmName: 'pbt', image: KATIBS, persistentVolumeSpec: { capacity: { storage: '5Gi' } } }],
    },
  })
  expect(notes.slice(1)).toEqual([
    'collector File: the built-in one is used, not team/collector:1',
    'collector File: expected imagePullPolicy Always, IfNotPresent, Never, got Sometimes; ignored',
    'collector Fiel: there is no such kind, so nothing uses it',
    'algorithm pbt: volumes are not made here; make the PersistentVolume, its claim is made',
    'init.controller.webhookPort: 9443 is not read; --webhook-port says it',
    'init.controller.leaderElectionID: "mine" is not read; the lease has its own name',
  ])
})
