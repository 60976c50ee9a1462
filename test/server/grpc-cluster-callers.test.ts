/** Who may report, read and delete on Katib's wire of a cluster: by the pod's address, or by a token. */
import { afterEach, expect, test } from 'vitest'
import { type Resource, STORE_AUDIENCE } from '#api'
import type { ReadingClient, Transport } from '#kube'
import { openKatibWire, Reviews } from '#server'
import { createMemoryObservationStore } from '#store'
import { createFakeClock } from '../support/fake-clock.ts'
import { aTrial, Cluster } from './cluster.ts'
import { aPeer } from './grpc-client.ts'

const CONTROLLER = 'system:serviceaccount:kubeflow:qalam-controller'

const opened: (AsyncDisposable | Disposable)[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse())
    await (Symbol.asyncDispose in each ? each[Symbol.asyncDispose]() : each[Symbol.dispose]())
})

/** A running pod of a trial, at the address that the test calls from. */
function aPod(trial: string, uid: string, more: { namespace?: string; hostNetwork?: boolean; phase?: string } = {}) {
  const { namespace = 'team-a', hostNetwork = false, phase = 'Running' } = more
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${trial}-x`,
      namespace,
      uid: `pod-${uid}`,
      creationTimestamp: '2026-01-01T00:00:07Z',
      labels: { 'katib.kubeflow.org/trial': trial },
      annotations: { 'qalam.dev/trial-uid': uid },
    },
    spec: { hostNetwork },
    status: { phase },
  }
}

const tokenOf = (name: string) =>
  `x.${Buffer.from(JSON.stringify({ aud: [STORE_AUDIENCE] })).toString('base64url')}.${name}`

const users: Readonly<Record<string, object>> = {
  controller: { username: CONTROLLER },
  reader: { username: 'reader' },
  pod: {
    username: 'system:serviceaccount:team-a:default',
    extra: {
      'authentication.kubernetes.io/pod-name': ['tune-0-x'],
      'authentication.kubernetes.io/pod-uid': ['pod-uid-0'],
    },
  },
}

const api: Transport = {
  async send({ path, body }) {
    const { spec } = body as { spec: { token?: string; audiences?: readonly string[] } }
    const user = users[spec.token?.split('.')[2] ?? '']
    const status = path.endsWith('/tokenreviews')
      ? { authenticated: user !== undefined, user, audiences: spec.audiences }
      : { allowed: false }
    return { status: 201, headers: {}, text: async () => JSON.stringify({ status }), async *chunks() {} }
  },
}

async function serving(pods: readonly Resource[]) {
  const cluster = new Cluster()
  const at = (namespace: string, uid: string, trial = aTrial('tune', 0)) => ({
    ...trial,
    metadata: { ...trial.metadata, namespace, uid },
  })
  cluster.trials.add(
    at('team-a', 'uid-0'),
    at('team-a', 'uid-a', aTrial('same', 0)),
    at('team-b', 'uid-b', aTrial('same', 0)),
  )
  const client: ReadingClient = {
    get: async <T extends Resource>({ name }: { name: string }) =>
      pods.find(({ metadata }) => metadata.name === name) as T | undefined,
    list: async <T extends Resource>(_type: object, { fieldSelector }: { fieldSelector?: string } = {}) => ({
      items: (fieldSelector === 'status.podIP=127.0.0.1' ? pods : []) as readonly T[],
      resourceVersion: '1',
    }),
    async *logs() {},
  }
  const clock = createFakeClock()
  const observations = createMemoryObservationStore({ now: () => new Date(0) })
  const wire = await openKatibWire({
    informers: cluster.informers,
    observations,
    cluster: { reviews: new Reviews({ transport: api, clock }), client, clock, controllers: new Set([CONTROLLER]) },
    recordEarlyStop: async () => {},
    log: line => void cluster.lines.push(line),
  })
  opened.push(wire)
  const peer = aPeer((await wire.listen(0)).address, 'api.v1.beta1.DBManager')
  opened.push(peer)
  const headers = (token?: string) => (token === undefined ? undefined : { authorization: `Bearer ${tokenOf(token)}` })
  const metricLogs = [{ timeStamp: '2026-01-02T03:04:05Z', metric: { name: 'loss', value: '0.5' } }]
  const codeOf = async (asked: Promise<unknown>) => {
    const reply = await asked
    return typeof reply === 'string' ? reply.split(':')[0] : 'OK'
  }
  return {
    observations,
    report: (trialName: string, token?: string) =>
      codeOf(peer.ask('ReportObservationLog', { trialName, observationLog: { metricLogs } }, headers(token))),
    read: (trialName: string, token?: string) => codeOf(peer.ask('GetObservationLog', { trialName }, headers(token))),
    remove: (trialName: string, token?: string) =>
      codeOf(peer.ask('DeleteObservationLog', { trialName }, headers(token))),
  }
}

test("a pod's report counts for its own trial, as the attempt that its age says", async () => {
  const { report, observations } = await serving([aPod('tune-0', 'uid-0')])
  expect(await report('tune-0')).toBe('OK')
  expect(await observations.summary('uid-0')).toMatchObject({ attempt: Date.parse('2026-01-01T00:00:07Z') / 1_000 })
  expect(await report('same-0')).toBe('PERMISSION_DENIED')
})

test('of equal names in two namespaces the caller means its own', async () => {
  const { report, read, observations } = await serving([aPod('same-0', 'uid-b', { namespace: 'team-b' })])
  expect(await report('same-0')).toBe('OK')
  expect(await observations.summary('uid-b')).toBeDefined()
  expect(await observations.summary('uid-a')).toBeUndefined()
  expect(await report('team-a/same-0')).toBe('PERMISSION_DENIED')
  expect(await read('same-0')).toBe('OK')
})

test.each([
  { name: 'no pod at all', pods: [] },
  { name: "a pod of its node's network", pods: [aPod('tune-0', 'uid-0', { hostNetwork: true })] },
  { name: 'a pod that has ended', pods: [aPod('tune-0', 'uid-0', { phase: 'Succeeded' })] },
])('from the address of $name nothing is taken', async ({ pods }) => {
  const { report, read, observations } = await serving(pods)
  expect(await report('tune-0')).toBe('PERMISSION_DENIED')
  expect(await observations.summary('uid-0')).toBeUndefined()
  expect(await read('tune-0')).toBe('OK')
  expect(await read('same-0')).toBe('FAILED_PRECONDITION')
})

test('a token that is bound to a pod reports for that pod, wherever it comes from', async () => {
  const { report, observations } = await serving([aPod('tune-0', 'uid-0', { hostNetwork: true })])
  expect(await report('tune-0', 'pod')).toBe('OK')
  expect(await observations.summary('uid-0')).toBeDefined()
  expect(await report('same-0', 'pod')).toBe('PERMISSION_DENIED')
  expect(await report('tune-0', 'stranger')).toBe('UNAUTHENTICATED')
})

test('with a token people read what they may get, and only a controller deletes', async () => {
  const { read, remove } = await serving([aPod('tune-0', 'uid-0')])
  expect(await read('tune-0', 'reader')).toBe('PERMISSION_DENIED')
  expect(await remove('tune-0')).toBe('UNAUTHENTICATED')
  expect(await remove('tune-0', 'pod')).toBe('PERMISSION_DENIED')
  expect(await remove('tune-0', 'controller')).toBe('OK')
})
