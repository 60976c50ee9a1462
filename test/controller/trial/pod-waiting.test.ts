import { expect, test } from 'vitest'
import type { Resource } from '#api'
import { waitingBecause, waitingUnsaid, waitsForSlot } from '../../../controller/trial/pod-waiting.ts'

const aPod = (status?: object): Resource => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'e-0-x', namespace: 'default' },
  ...(status ? { status } : {}),
})
const waits = (waiting: object) => aPod({ phase: 'Pending', containerStatuses: [{ name: 'main', state: { waiting } }] })
const unscheduled = aPod({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
})

test.each<[string, Resource[], { because?: string; unsaid?: string; forSlot?: true }]>([
  ['no pod yet', [], { unsaid: 'no pod of its job is there yet' }],
  ['a pod that nobody has looked at', [aPod()], { unsaid: 'pod e-0-x has not started and gives no reason' }],
  [
    'a container that waits without a word',
    [waits({ reason: 'ContainerCreating' })],
    { unsaid: 'container main of pod e-0-x waits (ContainerCreating)' },
  ],
  [
    'a container that says why',
    [waits({ reason: 'ErrImagePull', message: 'no such image' })],
    {
      because: 'container main waits (ErrImagePull): no such image',
      unsaid: 'container main of pod e-0-x waits (ErrImagePull)',
    },
  ],
  [
    'no node for it',
    [unscheduled],
    {
      because: 'pod e-0-x is not scheduled: 0/3 nodes are available',
      unsaid: 'pod e-0-x has not started and gives no reason',
      forSlot: true,
    },
  ],
  ['it runs, and its job does not say so yet', [aPod({ phase: 'Running' })], {}],
])('%s', (_name, pods, { because, unsaid, forSlot = false }) => {
  expect(waitingBecause(pods)).toBe(because)
  expect(waitingUnsaid(pods)).toBe(unsaid)
  expect(waitsForSlot(pods)).toBe(forSlot)
})
