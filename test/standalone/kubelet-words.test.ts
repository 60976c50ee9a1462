import { expect, test } from 'vitest'
import { mapPaths, sortMappings } from '../../standalone/kubelet/path-mapping.ts'
import type { Container, Pod } from '../../standalone/kubelet/pod-types.ts'
import { claimOf, Slots } from '../../standalone/kubelet/slots.ts'
import { expandVariables } from '../../standalone/kubelet/variables.ts'

test.each([
  ['$(A)', '1'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$(MISSING)', '$(MISSING)'],
  ['$(NESTED)', '$(A)'],
  ['$A ${A} $( A)', '$A ${A} $( A)'],
  ['$(A', '$(A'],
  ['$(toString)', '$(toString)'],
])('%s is %s', (text, expanded) => {
  expect(expandVariables(text, { A: '1', NESTED: '$(A)' })).toBe(expanded)
})

test.each([
  ['/data/x', '/d/x'],
  ['--out=/data', '--out=/d'],
  ['/database', '/database'],
  ['/data/inner/y', '/i/y'],
  ['http://host/data', 'http://host/data'],
  ['a/data', 'a/data'],
  ['/data:/data/inner', '/d:/i'],
  ['/opt/tool', '/image/opt/tool'],
])('path %s becomes %s', (text, mapped) => {
  const mappings = sortMappings([
    { from: '/data/', to: '/d' },
    { from: '/data/inner', to: '/i' },
    { from: '/', to: '/never' },
  ])
  expect(mapPaths(text, mappings, path => (path === '/opt/tool' ? '/image/opt/tool' : undefined))).toBe(mapped)
})

const container = (requests?: object, more: object = {}) =>
  ({ name: 'c', image: 'i', ...(requests ? { resources: { requests } } : {}), ...more }) as Container
const pod = (containers: readonly Container[], initContainers: readonly Container[] = []) =>
  ({ metadata: { name: 'p' }, spec: { containers, initContainers } }) as unknown as Pod

test.each([
  ['no request is one slot', pod([container(), container()]), { cpus: 1, gpus: 0 }],
  ['requests add up', pod([container({ cpu: '500m' }), container({ cpu: '2' })]), { cpus: 2.5, gpus: 0 }],
  ['limits stand in', pod([container(undefined, { resources: { limits: { cpu: '3' } } })]), { cpus: 3, gpus: 0 }],
  ['a larger init container', pod([container({ cpu: '1' })], [container({ cpu: '4' })]), { cpus: 4, gpus: 0 }],
  [
    'a sidecar runs beside',
    pod([container({ cpu: '1' })], [container({ cpu: '1' }, { restartPolicy: 'Always' })]),
    { cpus: 2, gpus: 0 },
  ],
  ['gpus', pod([container({ 'nvidia.com/gpu': 2 })]), { cpus: 1, gpus: 2 }],
] as const)('claim: %s', (_name, claimed, claim) => {
  expect(claimOf(claimed, () => false)).toEqual(claim)
})

test('gpus are handed out as disjoint slices and come back', async () => {
  const slots = new Slots({ cpus: 8, gpus: ['0', '1', '2'] })
  const claim = { cpus: 1, gpus: 2 }
  expect((await slots.acquire('a', 'g', claim)).gpus).toEqual(['0', '1'])
  const second = slots.acquire('b', 'g', claim)
  expect((await slots.acquire('c', 'other', { cpus: 1, gpus: 1 })).gpus).toEqual(['2'])
  slots.release('a')
  expect((await second).gpus).toEqual(['0', '1'])
  expect(slots.refuses({ cpus: 1, gpus: 4 })).toContain('requests 4 gpus and this machine has 3')
})

test('experiments take turns, whoever asked first', async () => {
  const slots = new Slots({ cpus: 1 })
  const order: string[] = []
  const claim = { cpus: 1, gpus: 0 }
  await slots.acquire('held', 'a', claim)
  const waits = [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b1', 'b'],
  ].map(async ([uid, group]) => {
    await slots.acquire(uid, group, claim)
    order.push(uid)
    slots.release(uid)
  })
  slots.release('held')
  await Promise.all(waits)
  expect(order).toEqual(['a1', 'b1', 'a2'])
})
