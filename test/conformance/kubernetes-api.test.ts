import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customResourceDefinitions } from '#api'
import { kubeconfigTransport, type Transport } from '#kube'
import { anApiServer, ask, type TestApiServer } from '../standalone/an-api-server.ts'
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts'
import { changesOf } from './kubernetes-api/watch.ts'
import { behaviours } from './kubernetes-api.ts'

describe('embedded server', () => {
  let own: TestApiServer
  beforeAll(async () => {
    own = await anApiServer()
  })
  afterAll(() => own[Symbol.asyncDispose]())
  runAll(() => own.transport)
})

/** Differences that are meant, by the behaviour's name: why the embedded server answers otherwise. */
const waived: Readonly<Record<string, string>> = {}

describe.skipIf(!process.env.KUBEBUILDER_ASSETS)('kube-apiserver', () => {
  let cluster: RealCluster | undefined
  let transport: Transport & AsyncDisposable
  beforeAll(async () => {
    cluster = await startRealCluster()
    if (!cluster) return
    transport = await kubeconfigTransport(cluster.kubeconfig)
    await installDefinitions(transport)
  }, 120_000)
  afterAll(async () => {
    await transport?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
  })
  runAll(() => transport)
})
if (!process.env.KUBEBUILDER_ASSETS) process.stdout.write('skipped: kube-apiserver: KUBEBUILDER_ASSETS is not set\n')

function runAll(transportOf: () => Transport): void {
  const run = randomBytes(3).toString('hex')
  for (const [i, behaviour] of behaviours.entries()) {
    test.skipIf(behaviour.name in waived)(behaviour.name, async () => {
      const transport = transportOf()
      const namespace = `behaviour-${run}-${i}`
      const made = await ask(transport, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } })
      expect(made.status).toBe(201)
      await behaviour.run({ transport, namespace })
    })
  }
}

async function installDefinitions(transport: Transport): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  for (const definition of customResourceDefinitions()) {
    expect((await ask(transport, 'POST', path, definition)).status).toBe(201)
    const query = `watch=true&fieldSelector=metadata.name%3D${definition.metadata.name}`
    const events = changesOf(transport, `${path}?${query}`)
    for (let isServed = false; !isServed; ) {
      const { conditions } = ((await events.next())?.object.status ?? {}) as {
        conditions?: { type: string; status: string }[] | null
      }
      isServed = (conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True')
    }
    await events.close()
    // Established is said a moment before the handler is there.
    const plural = definition.metadata.name.split('.')[0]
    for (let status = 404; status === 404; )
      ({ status } = await ask(transport, 'GET', `/apis/kubeflow.org/v1beta1/${plural}`))
  }
}
