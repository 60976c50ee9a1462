/** The kubelet of one machine: pods become process groups. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { refOf } from '#api'
import { type Clock, createClient, type Informer, type Informers, type Transport, type WritingClient } from '#kube'
import type { PodLogOptions, PodLogs } from '../apiserver/pod/pod-logs.ts'
import { EventRecorder } from '../event-recorder.ts'
import type { Starter } from '../starter/starter.ts'
import type { BuiltInImage } from './built-in.ts'
import { clockUntil } from './closing-clock.ts'
import { Commands, pathWithPython } from './commands.ts'
import { passedOn, type Variables } from './environment.ts'
import { isNamed, localImages } from './local-images.ts'
import { publishNode } from './node.ts'
import { PodEvents } from './pod-events.ts'
import { podLog } from './pod-log.ts'
import { PodRun } from './pod-run.ts'
import { PodSlots } from './pod-slots.ts'
import { type Container, isOver, POD, type Pod } from './pod-types.ts'
import { type Place, type ResolvedContainer, resolveContainer } from './resolve-container.ts'
import { type Claim, claimOf, type Machine } from './slots.ts'
import { StatusWriter } from './status-writer.ts'
import { ToldMappings } from './told-mappings.ts'

export interface KubeletOptions {
  readonly transport: Transport
  readonly informers: Informers
  readonly clock: Clock
  readonly starter: Starter
  /** Pods live below `pods`, claims of persistent volumes below `volumes`. */
  readonly dataDir: string
  /** Images that run in this process, by name. */
  readonly builtIns: Readonly<Record<string, BuiltInImage>>
  /** Folders of local images, by image name. */
  readonly images: Readonly<Record<string, string>>
  readonly slots: Machine
  /** The server's environment; an allow-list of it passes on. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Variables that every program gets unless its manifest sets them. */
  readonly env?: Variables
  /** Turns the variables of a program into those it starts with; the directory is the pod's own and exists. */
  variablesOf?(pod: Pod, podDirectory: string, environment: Variables): Promise<Variables>
  /**
   * Runs beside the programs of each pod, also of one that is picked up again, until `ended` says that they are over; the
   * pod's last status waits for it, within the pod's grace where it is being stopped.
   */
  beside?(pod: Pod, podDirectory: string, ended: AbortSignal): Promise<void>
  /** Default `local`. Pods of other nodes are left alone; pods without a node are bound to this one. */
  readonly nodeName?: string
  log(line: string): void
  /** The end of what a container printed, at most 64 KiB, once it is over. */
  onLogTail?(tail: { readonly pod: Pod; readonly container: string; readonly text: string }): void
}

export interface Kubelet extends PodLogs, AsyncDisposable {
  /** Ends every running pod with its grace and resolves when the last status is written. Disposing alone leaves programs running. */
  stopPods(graceSeconds?: number): Promise<void>
  /** Where a pod keeps its files; absolute. */
  podDirectory(pod: { readonly namespace?: string; readonly name: string; readonly uid?: string }): string
}

/**
 * Starts at once. What ran before the server did is picked up where it stands: programs that still run, exit codes of those
 * that ended. A pod whose program left neither is Failed with condition DisruptionTarget.
 */
export function startKubelet(options: KubeletOptions): Kubelet {
  return new LocalKubelet(options)
}

class LocalKubelet implements Kubelet {
  readonly #options: KubeletOptions
  readonly #client: WritingClient
  readonly #pods: Informer<Pod>
  readonly #slots: PodSlots
  readonly #events: PodEvents
  readonly #mappings: ToldMappings
  readonly #place: Place
  readonly #runs = new Map<string, PodRun>()
  readonly #closing = new AbortController()
  readonly #subscription: Disposable
  readonly #nodeName: string

  constructor(options: KubeletOptions) {
    this.#options = { ...options, clock: clockUntil(options.clock, this.#closing.signal) }
    this.#nodeName = options.nodeName ?? 'local'
    this.#client = createClient(options.transport)
    this.#slots = new PodSlots(options.slots)
    this.#mappings = new ToldMappings(options.log)
    const { clock, log } = this.#options
    const [client, nodeName, signal] = [this.#client, this.#nodeName, this.#closing.signal]
    this.#events = new PodEvents(new EventRecorder({ client, clock, nodeName, signal, log }), nodeName)
    this.#place = placeOf(options, this.#client)
    this.#pods = options.informers.of<Pod>(POD)
    void publishNode(this.#client, this.#nodeName, options, this.#closing.signal)
    this.#subscription = this.#pods.onChange(({ type, object }) => {
      if (type === 'deleted') this.#forget(object)
      else this.#look(object)
    })
    for (const pod of this.#pods.list()) this.#look(pod)
  }

  podDirectory({ namespace = '', name, uid = '' }: { namespace?: string; name: string; uid?: string }): string {
    return join(this.#options.dataDir, 'pods', `${namespace}_${name}_${uid}`)
  }

  read(of: Parameters<PodLogs['read']>[0], options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const pod = this.#pods.get(of.namespace, of.name)
    return podLog({ pod, run: this.#runs.get(of.uid), directory: this.podDirectory(of) }, options, signal)
  }

  async stopPods(graceSeconds?: number): Promise<void> {
    const runs = [...this.#runs.values()]
    for (const run of runs)
      run.stop(graceSeconds, {
        reason: 'NodeShutdown',
        message: 'the server was told to stop its trials',
        disrupted: true,
      })
    await Promise.all(runs.map(run => run.finished))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]()
    this.#closing.abort(new Error('the kubelet is closed'))
  }

  #look(pod: Pod): void {
    const { uid = '', deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== this.#nodeName) return
    const run = this.#runs.get(uid)
    if (run) {
      if (deletionTimestamp && !run.isStopping) run.stop(deletionGracePeriodSeconds)
      return
    }
    if (isOver(pod)) {
      if (deletionTimestamp) void this.#remove(pod)
      return
    }
    void this.#run(pod)
  }

  async #resolve(pod: Pod, container: Container, directory: string): Promise<ResolvedContainer> {
    const gpus = this.#slots.gpusOf(pod)
    const isBuiltIn = this.#builtIn(container) !== undefined
    const resolved = await resolveContainer(pod, container, directory, gpus, isBuiltIn, this.#place)
    if (isBuiltIn || !this.#options.variablesOf) return resolved
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return { ...resolved, env: await this.#options.variablesOf(pod, directory, resolved.env) }
  }

  /** Gone from the server: what runs of it ends, with its grace. */
  #forget(pod: Pod): void {
    const run = this.#runs.get(pod.metadata.uid ?? '')
    if (run && !run.isStopping) run.stop()
  }

  async #run(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid ?? ''
    const directory = this.podDirectory(pod.metadata)
    const { clock, log } = this.#options
    const writer = new StatusWriter(pod, {
      client: this.#client,
      clock,
      log,
      signal: this.#closing.signal,
      onWritten: written => this.#pods.offer(written),
    })
    const claim = claimOf(pod, container => this.#builtIn(container) !== undefined)
    const run = new PodRun(pod, {
      clock,
      writer,
      refusal: () => this.#slots.refuses(claim),
      acquire: signal => this.#acquire(pod, directory, claim, signal),
      describeSlots: () => this.#slots.description,
      killing: container => this.#events.killing(pod, container),
      beside: async ended => {
        try {
          await this.#options.beside?.(pod, directory, ended)
        } catch (error) {
          log(`pod ${pod.metadata.namespace}/${pod.metadata.name}: ${(error as Error).message}`)
        }
      },
      containerPlace: container => ({
        clock,
        starter: this.#options.starter,
        podDirectory: directory,
        builtIn: this.#builtIn(container),
        resolve: (_, own) => this.#resolve(pod, own, directory),
        onTail: (name, text) => this.#options.onLogTail?.({ pod, container: name, text }),
        onMapped: resolved => this.#mappings.tell(pod, directory, container, resolved.mapped),
        onTrouble: (reason, message) => this.#events.warn(pod, container, reason, message),
        onStart: restartCount => this.#events.started(pod, container, restartCount),
      }),
    })
    this.#runs.set(uid, run)
    if (pod.metadata.deletionTimestamp) run.stop(pod.metadata.deletionGracePeriodSeconds)
    try {
      await run.run()
    } catch (error) {
      log(`pod ${pod.metadata.namespace}/${pod.metadata.name}: ${(error as Error).stack ?? error}`)
    }
    if (this.#closing.signal.aborted) return
    this.#runs.delete(uid)
    this.#events.forget(uid)
    this.#slots.release(uid)
    const present = this.#pods.get(pod.metadata.namespace, pod.metadata.name)
    if (present?.metadata.uid === uid && present.metadata.deletionTimestamp) await this.#remove(present)
  }

  async #acquire(pod: Pod, directory: string, claim: Claim, signal: AbortSignal): Promise<void> {
    await this.#slots.acquire(pod, directory, claim, signal)
    if (pod.spec.nodeName === undefined) await this.#bind(pod)
    this.#events.scheduled(pod)
  }

  /** A server without a scheduler may not know bindings; the pod then stays without a node, and runs. */
  async #bind({ metadata }: Pod): Promise<void> {
    const { namespace = '', name, uid } = metadata
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: this.#nodeName },
    }
    const response = await this.#options.transport.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(binding),
    })
    await response.text()
  }

  async #remove(pod: Pod): Promise<void> {
    try {
      await this.#client.delete(refOf(pod), { gracePeriodSeconds: 0 }, this.#closing.signal)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.log(`pod ${pod.metadata.name} cannot be removed: ${(error as Error).message}`)
    }
  }

  #builtIn({ image = '', command }: Container): BuiltInImage | undefined {
    if (command?.length) return undefined
    const name = Object.keys(this.#options.builtIns).find(candidate => isNamed(image, candidate))
    return name === undefined ? undefined : this.#options.builtIns[name]
  }
}

function placeOf(options: KubeletOptions, client: WritingClient): Place {
  const own = passedOn(options.environment)
  const path = pathWithPython(own.PATH ?? '/usr/local/bin:/usr/bin:/bin', options.dataDir)
  return {
    client,
    dataDir: options.dataDir,
    images: localImages(options.images),
    machine: options.slots,
    commands: new Commands(),
    passedOn: { ...own, PATH: path },
    extra: options.env ?? {},
  }
}
