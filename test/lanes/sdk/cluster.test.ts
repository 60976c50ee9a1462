/** Katib's SDK from PyPI, unmodified, against a real API server with our controllers, webhooks and store as processes. */
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { COLLECTOR_IMAGE } from '#api'
import type { WritingClient } from '#kube'
import { connectObservationStore } from '#store'
import { usePostgres } from '../../support/postgres.ts'
import { startRealCluster } from '../../support/real-cluster.ts'
import { collectorInto } from '../collector-into.ts'
import { exampleExperiment } from '../example.ts'
import { katibPython } from '../katib-wire/python.ts'
import { enter, laneDirectory } from '../lane.ts'
import { runPods } from '../lane-kubelet.ts'
import { webhooksAt } from '../local-webhooks.ts'
import { applyManifests, databaseUrlOf, kubeconfigOf, ownProcess } from '../shipped-account.ts'
import { sdkMethods } from './methods.ts'
import { Sdk } from './sdk.ts'

const python = await katibPython()
const cluster = python === undefined ? undefined : await startRealCluster({ controllerManager: true })
const emptyDatabase = usePostgres()

describe.skipIf(cluster === undefined)("Katib's SDK on a real API server", () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let sdk: Sdk
  let grpc = ''

  beforeAll(async () => {
    if (cluster === undefined || python === undefined) return
    const { transport, client, informers } = await enter(cluster, { running, log })
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(
      client,
      'rbac/controller.yaml',
      'rbac/store.yaml',
      'webhook/secret.yaml',
      'webhook/creator-key.yaml',
    )
    const directory = laneDirectory(running)
    const account = (name: string) =>
      kubeconfigOf(name, { transport, admin: cluster.kubeconfig, path: join(directory, name) })
    const [ofController, ofStore] = [await account('qalam-controller'), await account('qalam-store')]
    const { config } = await emptyDatabase()
    const env = { ...process.env, DATABASE_URL: databaseUrlOf(config) }
    const controller = ownProcess(['controller', '--kubeconfig', ofController, '--webhook-port', '0'], {
      running,
      env,
      log,
    })
    const ports = ['--port', '0', '--grpc-port', '0']
    const store = ownProcess(['store', '--kubeconfig', ofStore, ...ports], { running, env, log })
    runPods(running, {
      transport,
      dataDir: directory,
      builtIns: { [COLLECTOR_IMAGE]: collectorInto(running.use(connectObservationStore(config))) },
      images: {},
      environment: { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}` },
      log,
    })
    await webhooksAt((await controller.line(/webhook on port (\d+)/))[1] ?? '', { client, informers })
    await controller.line(/leading/)
    await writesAreJudged(client)
    grpc = (await store.line(/ready rest=\S+ grpc=(\S+)/))[1] ?? ''
    sdk = running.use(new Sdk(python, cluster.kubeconfig))
  }, 180_000)
  afterAll(() => running.disposeAsync(), 120_000)

  sdkMethods(() => ({ sdk, grpc }))
})

/** API servers take some time to hear of a configuration: until a write is judged, it is asked again without being stored. */
async function writesAreJudged(client: WritingClient): Promise<void> {
  const wrong = exampleExperiment('wrong', { algorithm: { algorithmName: 'tpo' } })
  for (;;) {
    const refusal = await client.create(wrong, { dryRun: true }).catch((error: { code: number }) => error.code)
    if (refusal === 400) return
  }
}
