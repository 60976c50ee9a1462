/** From a pod to its trial over owners, as operators set them, and as nobody should. */
import { expect, test } from 'vitest'
import { API_VERSION, type Resource } from '#api'
import type { Informer, Informers } from '#kube'
import { trialOfPod } from '../../cli/cluster/trial-of-pod.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const RUN = { apiVersion: 'example.com/v1', kind: 'Run' }
const JOB = { apiVersion: 'batch/v1', kind: 'Job' }
const SET = { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet' }
const TRIAL = { apiVersion: API_VERSION, kind: 'Trial' }
type Type = typeof RUN

const NAMESPACE = 'team-a'
const object = (type: Type, name: string, owners: readonly object[] = [], namespace = NAMESPACE): Resource => ({
  ...type,
  metadata: { name, namespace, uid: `uid-${name}`, ownerReferences: owners as [] },
})
const by = (type: Type, name: string, uid = `uid-${name}`) => ({ ...type, name, uid })
const aPod = (...owners: readonly object[]) => object({ apiVersion: 'v1', kind: 'Pod' }, 'pod', owners)
const trial = object(TRIAL, 'tune-0')
const run = object(RUN, 'tune-0', [by(TRIAL, 'tune-0', 'uid-of-the-trial')])

/** What is there; a kind that is asked for is noted. */
function cluster(objects: readonly Resource[]) {
  const watched = new Set<string>()
  const informers = {
    of(type: Type) {
      watched.add(type.kind)
      const is = (each: Resource) => each.apiVersion === type.apiVersion && each.kind === type.kind
      return {
        synced: async () => {},
        get: (namespace: string, name: string) =>
          objects.find(each => is(each) && each.metadata.namespace === namespace && each.metadata.name === name),
        onChange: () => ({ [Symbol.dispose]() {} }),
      } as unknown as Informer
    },
  } as unknown as Informers
  return { informers, watched }
}

async function found(pod: Resource, objects: readonly Resource[], allowed: readonly Type[] = [JOB, RUN]) {
  const clock = createFakeClock()
  const { informers, watched } = cluster([trial, ...objects])
  const asked = trialOfPod(pod, { informers, clock, allowedKinds: () => allowed })
  await clock.runAll()
  return { trial: (await asked)?.metadata.name, watched }
}

test.each<[string, Resource, readonly Resource[], string | undefined]>([
  [
    'the label',
    { ...aPod(), metadata: { ...aPod().metadata, labels: { 'katib.kubeflow.org/trial': 'tune-0' } } },
    [],
    'tune-0',
  ],
  ['an owner that a Trial owns', aPod(by(RUN, 'tune-0')), [run], 'tune-0'],
  [
    'owners in between',
    aPod(by(JOB, 'child')),
    [object(JOB, 'child', [by(SET, 'set')]), object(SET, 'set', [by(RUN, 'tune-0')]), run],
    'tune-0',
  ],
  ['one of several owners', aPod(by(JOB, 'elsewhere'), by(RUN, 'tune-0')), [run, object(JOB, 'elsewhere')], 'tune-0'],
  ['an owner of another uid of that name', aPod(by(RUN, 'tune-0', 'uid-of-yesterday')), [run], undefined],
  ['owners that nobody owns', aPod(by(RUN, 'alone')), [object(RUN, 'alone')], undefined],
  ['an owner that is gone', aPod(by(RUN, 'gone')), [], undefined],
  [
    'an owner in another namespace',
    aPod(by(RUN, 'far')),
    [object(RUN, 'far', [by(TRIAL, 'tune-0')], 'team-b')],
    undefined,
  ],
  ['no owner at all', aPod(), [], undefined],
  [
    'two owners that own each other',
    aPod(by(RUN, 'hen')),
    [object(RUN, 'hen', [by(RUN, 'egg')]), object(RUN, 'egg', [by(RUN, 'hen')])],
    undefined,
  ],
  ['an owner that owns itself', aPod(by(RUN, 'self')), [object(RUN, 'self', [by(RUN, 'self')])], undefined],
])('%s', async (_, pod, objects, name) => {
  expect((await found(pod, objects)).trial).toBe(name)
})

test('a chain of eight leads to its trial, one of nine to none', async () => {
  const chain = (length: number) => [
    ...Array.from({ length: length - 1 }, (_, i) => object(RUN, `run-${i}`, [by(RUN, `run-${i + 1}`)])),
    object(RUN, `run-${length - 1}`, [by(TRIAL, 'tune-0')]),
  ]
  expect((await found(aPod(by(RUN, 'run-0')), chain(7))).trial).toBe('tune-0')
  expect((await found(aPod(by(RUN, 'run-0')), chain(8))).trial).toBeUndefined()
})

test('where trials are Jobs alone nothing is watched for the sake of pods', async () => {
  const { watched } = await found(aPod(by(JOB, 'backup')), [object(JOB, 'backup')], [JOB])
  expect([...watched]).toEqual([])
})

test('a kind that is neither allowed nor known to stand between is not looked at', async () => {
  const { watched } = await found(aPod(by({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, 'web')), [])
  expect([...watched]).toEqual([])
})
