/** `qalam store` and the controller that works with it, as processes under the rights that are shipped. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXPERIMENT_LABEL, type Resource, STORE_AUDIENCE } from '#api'
import { httpsTransport, type Informer, type KubeRequest } from '#kube'
import { collectorOver } from './collector-over.ts'
import type { Lane } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { kubeconfigOf, ownProcess, tokenOf } from './shipped-account.ts'
import { until } from './until.ts'

/** Of the collectors, which run in this process. */
export const IMAGE = 'qalam/lane'

export interface LaneStore {
  readonly url: string
  /** Empty where the store serves none. */
  readonly grpcAddress: string
  /** The answer to one request over HTTPS; no token is sent where it is empty. */
  ask(
    method: KubeRequest['method'],
    path: string,
    token: string,
    body?: object,
  ): Promise<{ status: number; text: string }>
  /** Ends the process in good order, and with it its watches, once no pod has anything left to report. */
  end(): Promise<void>
}

interface Options {
  readonly running: AsyncDisposableStack
  readonly admin: string
  readonly namespace: string
  readonly directory: string
  readonly databaseUrl: string
  readonly storeFlags: readonly string[]
  readonly controllerFlags: readonly string[]
  /** For the controller that makes the certificates. */
  readonly firstFlags?: readonly string[]
  log(line: string): void
}

/** Resolves when the controller leads. Pods run here, their collectors report to the store with tokens bound to them. */
export async function startStoreAndController({ transport, informers }: Lane, options: Options): Promise<LaneStore> {
  const { running, admin, namespace, directory, databaseUrl, log } = options
  const certificates = join(directory, 'certificates')
  mkdirSync(certificates)
  const account = (name: string) => kubeconfigOf(name, { transport, admin, path: join(directory, name) })
  const [ofController, ofStore] = [await account('qalam-controller'), await account('qalam-store')]
  const tokenFile = join(directory, 'store-token')
  writeFileSync(tokenFile, await tokenOf('qalam-controller', transport, STORE_AUDIENCE), { mode: 0o600 })

  // The Secret is mounted in the store's pod; here it is copied once a controller has filled it.
  const env = { ...process.env, DATABASE_URL: databaseUrl }
  const storeFlags = ['--kubeconfig', ofStore, '--port', '0', '--certificates', certificates, ...options.storeFlags]
  const store = ownProcess(['store', ...storeFlags], { running, env, log })
  const flags = ['controller', '--kubeconfig', ofController, ...options.controllerFlags]
  const first = ownProcess([...flags, ...(options.firstFlags ?? [])], { running, env, log })
  const secrets = informers.of<Secret>({ apiVersion: 'v1', kind: 'Secret' })
  const secret = await until(secrets, namespace, 'katib-webhook-cert', each => each?.data?.['tls.crt'] !== undefined)
  for (const [key, value] of Object.entries(secret?.data ?? {}))
    writeFileSync(join(certificates, key), Buffer.from(value, 'base64'))
  const [, url = '', grpcAddress = ''] = await store.line(/ready rest=(\S+)(?: grpc=(\S+))?/)
  first.child.kill('SIGTERM')
  await first.ended

  const caFile = join(certificates, 'ca.crt')
  const reaches = ['--store', url, '--store-token-file', tokenFile, '--store-ca-file', caFile]
  const { DATABASE_URL: _, ...bare } = env
  const controller = ownProcess([...flags, ...reaches, '--collector-image', IMAGE], { running, env: bare, log })
  runPods(running, { transport, dataDir: directory, builtIns: { [IMAGE]: collectorOver(transport, log) }, log })
  await controller.line(/leading/)
  const ca = readFileSync(caFile, 'utf8')
  return {
    url,
    grpcAddress,
    async ask(method, path, token, body) {
      await using store = httpsTransport({ server: url, ca, ...(token === '' ? {} : { token }) })
      const reply = await store.send({ method, path, ...(body === undefined ? {} : { body }) })
      return { status: reply.status, text: await reply.text() }
    },
    async end() {
      await noneRuns(informers.of<Pod>({ apiVersion: 'v1', kind: 'Pod' }))
      store.child.kill('SIGTERM')
      await store.ended
    },
  }
}

type Pod = Resource & { readonly status?: { readonly phase?: string } }

async function noneRuns(pods: Informer<Pod>): Promise<void> {
  await pods.synced()
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (pods.list().every(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed')) resolve()
  }
  using _change = pods.onChange(look)
  look()
  await promise
}

/** The Experiment, with trials that keep their jobs and pods. */
export function retaining(experiment: Resource): Resource {
  const spec = experiment.spec as { readonly trialTemplate: object }
  return { ...experiment, spec: { ...spec, trialTemplate: { ...spec.trialTemplate, retain: true } } } as Resource
}

/** Resolves with the first pod of the experiment. */
export async function podOf(
  { informers }: Pick<Lane, 'informers'>,
  namespace: string,
  experiment: string,
): Promise<Resource> {
  const labelSelector = `${EXPERIMENT_LABEL}=${experiment}`
  const pods = informers.of({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector })
  const { promise, resolve } = Promise.withResolvers<Resource>()
  const look = () => {
    const [pod] = pods.list()
    if (pod) resolve(pod)
  }
  using _change = pods.onChange(look)
  void pods.synced().then(look, () => {})
  return await promise
}

interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}
