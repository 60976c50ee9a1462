import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CannotStart } from '../../standalone/kubelet/cannot-start.ts'
import { manifestVariables } from '../../standalone/kubelet/environment.ts'
import { KeyedObjects } from '../../standalone/kubelet/keyed-objects.ts'
import type { Container, EnvVar, Pod, Volume, VolumeMount } from '../../standalone/kubelet/pod-types.ts'
import { mountVolumes } from '../../standalone/kubelet/volumes.ts'
import { anApiServer, type TestApiServer } from './an-api-server.ts'

const MACHINE = { cpus: 4 }
const PLACE = { podDirectory: '/pod', claims: '/claims', machine: MACHINE }
const BYTES = Buffer.from([0, 255, 128, 10])

let own: TestApiServer
let objects: KeyedObjects
beforeAll(async () => {
  own = await anApiServer()
  const metadata = (name: string) => ({ name, namespace: 'default' })
  await own.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('map'),
    data: { a: '1', b: '$(A) 2' },
    binaryData: { raw: BYTES.toString('base64') },
  } as Parameters<typeof own.client.create>[0])
  await own.client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('secret'),
    data: { key: Buffer.from('s3cret').toString('base64') },
  } as Parameters<typeof own.client.create>[0])
  objects = new KeyedObjects(own.client, 'default')
})
afterAll(() => own[Symbol.asyncDispose]())

function aPod(volumes: readonly Volume[], container: Partial<Container>): Pod {
  const main = { name: 'main', ...container }
  const metadata = {
    ...{ name: 'p', namespace: 'default', uid: 'u' },
    labels: { b: '2', a: 'x y' },
    annotations: { note: 'n' },
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [main], volumes } }
}

describe('volumes', () => {
  async function mount(volume: Omit<Volume, 'name'>, more: Partial<VolumeMount> = {}, variables = {}) {
    const pod = aPod([{ name: 'v', ...volume }], {
      volumeMounts: [{ name: 'v', mountPath: '/in', ...more }],
      resources: { limits: { cpu: '1500m', memory: '1Gi' } },
    })
    return mountVolumes(pod, pod.spec.containers[0], PLACE, objects, variables)
  }
  const ROOT = '/pod/volumes/v'
  const text = (content: string) => ({ content: Buffer.from(content).toString('base64') })

  test.each<[name: string, volume: Omit<Volume, 'name'>, files: object]>([
    [
      'a ConfigMap is a file a key, bytes as they are',
      { configMap: { name: 'map' } },
      { a: text('1'), b: text('$(A) 2'), raw: { content: BYTES.toString('base64') } },
    ],
    [
      'items choose keys, paths and modes',
      {
        configMap: {
          name: 'map',
          defaultMode: 0o600,
          items: [
            { key: 'a', path: 'd/x', mode: 0o400 },
            { key: 'b', path: 'y' },
          ],
        },
      },
      { 'd/x': { ...text('1'), mode: 0o400 }, y: { ...text('$(A) 2'), mode: 0o600 } },
    ],
    ['a Secret is decoded', { secret: { secretName: 'secret' } }, { key: text('s3cret') }],
    ['an optional ConfigMap that is missing is empty', { configMap: { name: 'none', optional: true } }, {}],
    [
      'an optional key that is missing is left out',
      {
        configMap: {
          name: 'map',
          optional: true,
          items: [
            { key: 'none', path: 'x' },
            { key: 'a', path: 'y' },
          ],
        },
      },
      { y: text('1') },
    ],
    [
      'a projected volume holds all its sources',
      {
        projected: {
          defaultMode: 0o440,
          sources: [
            { configMap: { name: 'map', items: [{ key: 'a', path: 'a' }] } },
            { secret: { name: 'secret' } },
            { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
      {
        a: { ...text('1'), mode: 0o440 },
        key: { ...text('s3cret'), mode: 0o440 },
        name: { ...text('p'), mode: 0o440 },
      },
    ],
    [
      'the downward API: fields, maps, amounts in units of the divisor',
      {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'cpus', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
            { path: 'mib', resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Mi' } },
          ],
        },
      },
      { labels: text('a="x y"\nb="2"'), cpus: text('2'), mib: text('1024') },
    ],
    ['an emptyDir has none', { emptyDir: {} }, {}],
  ])('%s', async (_name, volume, files) => {
    const mounted = await mount(volume)
    const expected = Object.entries(files).map(([path, file]) => [join(ROOT, path), file])
    expect(mounted.files).toEqual(Object.fromEntries(expected))
    expect(mounted.mappings).toEqual([{ from: '/in', to: ROOT }])
    expect(mounted.directories).toContain(ROOT)
  })

  test.each<[name: string, volume: Omit<Volume, 'name'>, mount: Partial<VolumeMount>, to: string, made: boolean]>([
    [
      'a claim is a directory by namespace and name',
      { persistentVolumeClaim: { claimName: 'c' } },
      {},
      '/claims/default/c',
      true,
    ],
    ['a path of the host is itself, and not made', { hostPath: { path: '/data' } }, {}, '/data', false],
    ['DirectoryOrCreate is made', { hostPath: { path: '/data', type: 'DirectoryOrCreate' } }, {}, '/data', true],
    [
      'a directory below a path of the host is made',
      { hostPath: { path: '/data' } },
      { subPath: 'x' },
      '/data/x',
      true,
    ],
    ['subPath of a key is the file alone', { configMap: { name: 'map' } }, { subPath: 'a' }, `${ROOT}/a`, false],
    ['subPathExpr is expanded', { emptyDir: {} }, { subPathExpr: '$(X)/y' }, `${ROOT}/1/y`, true],
  ])('%s', async (_name, volume, more, to, isMade) => {
    const { mappings, directories } = await mount(volume, more, { X: '1' })
    expect(mappings).toEqual([{ from: '/in', to }])
    expect(directories.includes(to)).toBe(isMade)
  })

  test.each<[name: string, volume: Omit<Volume, 'name'>, mount: Partial<VolumeMount>, message: RegExp]>([
    [
      'a ConfigMap that is missing',
      { configMap: { name: 'none' } },
      {},
      /ConfigMap default\/none does not exist; create it/,
    ],
    ['a Secret that is missing', { secret: { secretName: 'none' } }, {}, /Secret default\/none does not exist/],
    [
      'a key that is missing',
      { configMap: { name: 'map', items: [{ key: 'none', path: 'x' }] } },
      {},
      /ConfigMap map has no key none/,
    ],
    ['a path that climbs out', { emptyDir: {} }, { subPath: '../x' }, /leaves its volume/],
    ['a volume that is not there', { emptyDir: {} }, { name: 'other' }, /the pod has no such volume/],
    [
      'a directory of the host that is not there',
      { hostPath: { path: '/no/such', type: 'Directory' } },
      {},
      /no such directory/,
    ],
  ])('refused: %s', async (_name, volume, more, message) => {
    const error = await mount(volume, more).catch(reason => reason)
    expect(error).toBeInstanceOf(CannotStart)
    expect(error).toMatchObject({ reason: 'CreateContainerConfigError', message: expect.stringMatching(message) })
  })
})

describe('environment', () => {
  async function variables(env: readonly EnvVar[], envFrom: Container['envFrom'] = []) {
    const pod = aPod([], { env, envFrom, resources: { requests: { cpu: '250m' } } })
    return manifestVariables(pod, pod.spec.containers[0], objects, MACHINE)
  }
  const map = (key: string, optional?: boolean): EnvVar => ({
    name: 'V',
    valueFrom: { configMapKeyRef: { name: 'map', key, ...(optional === undefined ? {} : { optional }) } },
  })

  test.each<[name: string, env: readonly EnvVar[], envFrom: Container['envFrom'], expected: object]>([
    [
      'values see those before them, not those after',
      [
        { name: 'B', value: '$(A)$(C)' },
        { name: 'A', value: '1' },
        { name: 'C', value: '$(A)' },
      ],
      [],
      { B: '$(A)$(C)', A: '1', C: '1' },
    ],
    [
      'an escape is one dollar',
      [
        { name: 'A', value: '1' },
        { name: 'B', value: '$$(A) $(A)' },
      ],
      [],
      { A: '1', B: '$(A) 1' },
    ],
    [
      'a later one of the same name wins and may use the first',
      [
        { name: 'A', value: '1' },
        { name: 'A', value: '$(A)2' },
      ],
      [],
      { A: '12' },
    ],
    ['without a value it is empty', [{ name: 'A' }], [], { A: '' }],
    ['a value from elsewhere is not expanded', [{ name: 'A', value: '1' }, map('b')], [], { A: '1', V: '$(A) 2' }],
    ['a Secret', [{ name: 'V', valueFrom: { secretKeyRef: { name: 'secret', key: 'key' } } }], [], { V: 's3cret' }],
    ['an optional key that is missing leaves the variable out', [map('none', true)], [], {}],
    [
      'fields of the pod',
      ['metadata.name', 'metadata.uid', "metadata.labels['a']", "metadata.annotations['none']"].map((fieldPath, i) => ({
        name: `F${i}`,
        valueFrom: { fieldRef: { fieldPath } },
      })),
      [],
      { F0: 'p', F1: 'u', F2: 'x y', F3: '' },
    ],
    [
      'amounts, rounded up, the machine where nothing is said',
      [
        { name: 'R', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
        { name: 'M', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
        { name: 'L', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      ],
      [],
      { R: '1', M: '250', L: '4' },
    ],
    [
      'whole objects, with a prefix, before single variables',
      [{ name: 'P_a', value: '$(P_a)!' }],
      [{ prefix: 'P_', configMapRef: { name: 'map' } }, { secretRef: { name: 'secret' } }],
      { P_a: '1!', P_b: '$(A) 2', key: 's3cret' },
    ],
    ['an optional object that is missing is nothing', [], [{ configMapRef: { name: 'none', optional: true } }], {}],
  ])('%s', async (_name, env, envFrom, expected) => {
    expect(await variables(env, envFrom)).toEqual(expected)
  })

  test.each<[name: string, env: readonly EnvVar[], envFrom: Container['envFrom'], message: RegExp]>([
    ['a key that is missing', [map('none')], [], /ConfigMap default\/map has no key none/],
    ['an object that is missing', [], [{ secretRef: { name: 'none' } }], /Secret default\/none does not exist/],
    [
      'a field that no pod has',
      [{ name: 'V', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }],
      [],
      /fieldPath spec.nope is not known/,
    ],
  ])('refused: %s', async (_name, env, envFrom, message) => {
    await expect(variables(env, envFrom)).rejects.toThrow(message)
  })
})
