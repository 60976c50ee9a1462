/** A small machine under test: the embedded API in memory, Job controller and kubelet with real processes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Resource } from '#api'
import {
  createClient,
  createInformers,
  type Informer,
  type Informers,
  type LogOptions,
  systemClock,
  type WritingClient,
} from '#kube'
import {
  type ApiServer,
  createApiServer,
  type Kubelet,
  type KubeletOptions,
  startJobController,
  startKubelet,
  startStarter,
} from '#standalone'
import { createMemoryResourceStore } from '#store'
import type { Job } from '../../standalone/job-controller/job-types.ts'
import type { Pod, PodSpec } from '../../standalone/kubelet/pod-types.ts'

export interface Machine extends AsyncDisposable {
  readonly client: WritingClient
  readonly server: ApiServer
  readonly kubelet: Kubelet
  readonly informers: Informers
  readonly dataDir: string
  readonly lines: readonly string[]
  /** Resolves with the object as soon as `holds` is true of it. */
  pod(name: string, holds: (pod: Pod) => boolean): Promise<Pod>
  job(name: string, holds: (job: Job) => boolean): Promise<Job>
  pods(): readonly Pod[]
  /** Of a container of that name, or as it is asked for. */
  logs(pod: Pod, how?: string | LogOptions): Promise<string>
}

export async function aMachine(options: Partial<KubeletOptions> = {}): Promise<Machine> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'qalam-kubelet-'))
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let kubelet: Kubelet | undefined
  const server = await createApiServer({
    resources: createMemoryResourceStore(),
    admit: {},
    crds: [],
    clock: systemClock,
    logs: { read: (pod, how, signal) => kubelet!.read(pod, how, signal) },
    log,
  })
  const transport = server.transport('test')
  const informers = createInformers({ transport, clock: systemClock, log })
  const client = createClient(transport)
  const starter = startStarter({ log })
  kubelet = startKubelet({
    transport,
    informers,
    clock: systemClock,
    starter,
    dataDir,
    builtIns: {},
    images: {},
    slots: { cpus: 4 },
    environment: process.env,
    log,
    ...options,
  })
  const jobs = startJobController({ transport, informers, clock: systemClock, log })
  const pods = informers.of<Pod>({ apiVersion: 'v1', kind: 'Pod' })
  const jobObjects = informers.of<Job>({ apiVersion: 'batch/v1', kind: 'Job' })
  const running = kubelet
  return {
    client,
    server,
    kubelet: running,
    informers,
    dataDir,
    lines,
    pod: (name, holds) => whenIn(pods, name, holds),
    job: (name, holds) => whenIn(jobObjects, name, holds),
    pods: () => pods.list(),
    async logs(pod, how = {}) {
      let text = ''
      for await (const chunk of client.logs(
        { namespace: 'default', name: pod.metadata.name },
        typeof how === 'string' ? { container: how } : how,
      ))
        text += chunk
      return text
    },
    async [Symbol.asyncDispose]() {
      await running.stopPods(0)
      await jobs[Symbol.asyncDispose]()
      await running[Symbol.asyncDispose]()
      await starter[Symbol.asyncDispose]()
      await informers[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function whenIn<T extends Resource>(informer: Informer<T>, name: string, holds: (object: T) => boolean): Promise<T> {
  return new Promise(resolve => {
    const present = informer.get('default', name)
    if (present && holds(present)) return resolve(present)
    const subscription = informer.onChange(({ object }) => {
      if (object.metadata.name !== name || !holds(object)) return
      subscription[Symbol.dispose]()
      resolve(object)
    })
  })
}

export function aPod(name: string, spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [], restartPolicy: 'Never', nodeName: 'local', ...spec },
  }
}

/** A pod of one container named `main` that runs a shell script. */
export function aScript(name: string, script: string, spec: Partial<PodSpec> = {}): Pod {
  return aPod(name, { containers: [{ name: 'main', image: 'none', command: ['sh', '-c', script] }], ...spec })
}

export const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
