import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Resource } from '#api'
import type { ReadingClient } from '#kube'
import { equipmentOf } from '../../cli/cluster/pod-equipment.ts'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'qalam-controller-0', namespace: 'kubeflow' },
  spec: { containers: [{ name: 'controller', image: 'mirror.example/qalam:1' }] },
}
const client: ReadingClient = {
  get: async <T extends Resource>({ name }: { name: string }) =>
    name === pod.metadata.name ? (pod as Resource as T) : undefined,
  list: async () => ({ items: [], resourceVersion: '1' }),
  async *logs() {},
}
const options = { leaseNamespace: 'kubeflow', store: 'https://qalam-store.kubeflow.svc:6443' }

const { POD_NAME: before } = process.env
afterEach(() => {
  if (before === undefined) delete process.env.POD_NAME
  else process.env.POD_NAME = before
})

test('own is the image of this pod, however it was set', async () => {
  process.env.POD_NAME = pod.metadata.name
  const { equipment } = await equipmentOf({ ...options, collectorImage: 'own' }, client)
  expect(await equipment?.()).toEqual({ image: 'mirror.example/qalam:1', serverUrl: options.store })
})

test('outside of a pod, or of one that is not there, own is refused with what to do', async () => {
  delete process.env.POD_NAME
  await expect(equipmentOf({ ...options, collectorImage: 'own' }, client)).rejects.toThrow('in POD_NAME; set it')
  process.env.POD_NAME = 'gone'
  await expect(equipmentOf({ ...options, collectorImage: 'own' }, client)).rejects.toThrow('no pod kubeflow/gone')
})

test('the authority is read at each start of a trial, so a renewed one is used', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'qalam-authority-'))
  try {
    const storeCaFile = join(directory, 'ca.crt')
    writeFileSync(storeCaFile, 'first')
    const { equipment } = await equipmentOf({ ...options, collectorImage: 'any', storeCaFile }, client)
    expect((await equipment?.())?.ca).toBe('first')
    writeFileSync(storeCaFile, 'second')
    expect((await equipment?.())?.ca).toBe('second')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('without an image nothing is added, and without a store an image is of no use', async () => {
  expect(await equipmentOf(options, client)).toEqual({})
  await expect(equipmentOf({ leaseNamespace: 'kubeflow', collectorImage: 'any' }, client)).rejects.toThrow('--store')
})
