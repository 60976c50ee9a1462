/** The life of one pod on this machine: slots, init containers, main containers, sidecars, the last status. */
import { type Clock, delay } from '#kube'
import { type ContainerPlace, ContainerRun, type RestartRule } from './container-run.ts'
import { podStatus, type Verdict } from './pod-status.ts'
import type { Container, Pod, PodStatus } from './pod-types.ts'
import type { StatusWriter } from './status-writer.ts'

export interface PodPlace {
  readonly clock: Clock
  readonly writer: StatusWriter
  /** Why the machine can never hold it. */
  refusal(): string | undefined
  /** Resolves when the pod has its slots. */
  acquire(signal: AbortSignal): Promise<void>
  /** Runs beside the main containers until `ended`; what it still has to do then is waited for. */
  beside(ended: AbortSignal): Promise<void>
  /** What is free, for a pod that waits. */
  describeSlots(): string
  /** It runs and is told to end. */
  killing(container: Container): void
  containerPlace(container: Container): Omit<ContainerPlace, 'onChange'>
}

type StopReason = Pick<Verdict, 'reason' | 'message' | 'disrupted'>

/** A wait shorter than this is not told. */
const PENDING_MS = 200
/** A pod that ends sooner is never told to run. */
const RUNNING_MS = 50
const DEFAULT_GRACE_SECONDS = 30

export class PodRun {
  readonly pod: Pod
  readonly #place: PodPlace
  readonly #init: readonly ContainerRun[]
  readonly #main: readonly ContainerRun[]
  readonly #stopping = new AbortController()
  readonly #kills: Disposable[] = []
  readonly #finished = Promise.withResolvers<void>()
  #startedAt: Date | undefined
  #unscheduled: string | undefined
  #verdict: Verdict | undefined
  #stopReason: StopReason = {}

  constructor(pod: Pod, place: PodPlace) {
    this.pod = pod
    this.#place = place
    const rule = pod.spec.restartPolicy ?? 'Always'
    this.#init = (pod.spec.initContainers ?? []).map(container =>
      this.#containerRun(container, initRule(container, rule)),
    )
    this.#main = pod.spec.containers.map(container => this.#containerRun(container, rule))
  }

  /** Resolves when the last status is written. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  container(name: string): ContainerRun | undefined {
    return [...this.#main, ...this.#init].find(({ container }) => container.name === name)
  }

  async run(): Promise<void> {
    try {
      this.#verdict = await this.#live()
      await this.#place.writer.now(this.#status())
    } finally {
      // A timer that is left would hold up the end of the process for the whole grace.
      for (const timer of this.#kills.splice(0)) timer[Symbol.dispose]()
      this.#finished.resolve()
    }
  }

  /** SIGTERM, and SIGKILL after the grace; a shorter grace later wins. */
  stop(
    graceSeconds = this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
    reason: StopReason = {},
  ): void {
    if (!this.#stopping.signal.aborted) this.#stopReason = reason
    this.#stopping.abort()
    for (const { container, run } of this.#processes()) {
      if (isSidecar(container)) continue
      if (run.isRunning) this.#place.killing(container)
      run.terminate()
    }
    const kill = this.#place.clock.after(graceSeconds * 1000, () => {
      for (const { container, run } of this.#processes()) if (!isSidecar(container)) run.kill()
    })
    this.#kills.push(kill)
  }

  #processes() {
    return [...this.#main, ...this.#init].map(run => ({ container: run.container, run }))
  }

  #containerRun(container: Container, rule: RestartRule): ContainerRun {
    const place = this.#place.containerPlace(container)
    return new ContainerRun(this.pod, container, rule, { ...place, onChange: () => this.#changed() })
  }

  async #live(): Promise<Verdict> {
    const refusal = this.#place.refusal()
    if (refusal !== undefined)
      return { phase: 'Failed', reason: 'OutOfcpu', message: `the pod can never run here: ${refusal}` }
    await this.#waitForSlots()
    if (this.isStopping && !this.#startedAt) return { phase: 'Failed', ...this.#stopReason }
    using _deadline = this.#deadline()
    const over = new AbortController()
    const beside = this.#place.beside(over.signal)
    const verdict = await this.#runContainers()
    over.abort()
    await this.#inTime(beside)
    await this.#endSidecars()
    return { ...verdict, ...(this.isStopping && verdict.phase === 'Failed' ? this.#stopReason : {}) }
  }

  async #waitForSlots(): Promise<void> {
    const { clock, writer } = this.#place
    const waits = clock.after(PENDING_MS, () => {
      this.#unscheduled = `it waits for its turn: ${this.#place.describeSlots()}`
      writer.soon(() => this.#status(), 0)
    })
    try {
      await this.#place.acquire(this.#stopping.signal)
      this.#startedAt = clock.now()
    } catch {
      // It was stopped before its turn came.
    } finally {
      waits[Symbol.dispose]()
      this.#unscheduled = undefined
    }
  }

  #deadline(): Disposable {
    const seconds = this.pod.spec.activeDeadlineSeconds
    const reason = { reason: 'DeadlineExceeded', message: `the pod was active for longer than ${seconds} s` }
    return seconds === undefined
      ? { [Symbol.dispose]() {} }
      : this.#place.clock.after(seconds * 1000, () => this.stop(undefined, reason))
  }

  /** Init containers one after the other, sidecars among them in the background, then the main ones at once. */
  async #runContainers(): Promise<Verdict> {
    for (const run of this.#init) {
      if (this.isStopping) return { phase: 'Failed' }
      if (isSidecar(run.container)) {
        void run.run()
        await run.running
        continue
      }
      const ended = await run.run()
      if (ended.how === 'lost') return this.#disrupted()
      if (ended.code !== 0 || ended.how !== 'exited') return { phase: 'Failed' }
    }
    if (this.isStopping) return { phase: 'Failed' }
    const ends = await Promise.all(this.#main.map(run => this.#runMain(run)))
    if (ends.some(({ how }) => how === 'lost')) return this.#disrupted()
    return { phase: ends.every(({ how, code }) => how === 'exited' && code === 0) ? 'Succeeded' : 'Failed' }
  }

  /** A lost container takes the others along: the pod is replaced as a whole. */
  async #runMain(run: ContainerRun) {
    const ended = await run.run()
    if (ended.how === 'lost') this.stop()
    return ended
  }

  #disrupted(): Verdict {
    const message = 'its processes are gone without an exit code; the machine or the process group was killed'
    return { phase: 'Failed', disrupted: true, message }
  }

  /** In reverse order, each with its grace. Built-in images are ours: what they still write is waited for. */
  async #endSidecars(): Promise<void> {
    const graceSeconds = this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS
    for (const run of this.#init.toReversed()) {
      if (!isSidecar(run.container) || !run.hasStarted) continue
      run.terminate()
      const isBuiltIn = this.#place.containerPlace(run.container).builtIn !== undefined
      const enough = new AbortController()
      if (!isBuiltIn || this.isStopping)
        void delay(this.#place.clock, graceSeconds * 1000, enough.signal).then(
          () => run.kill(),
          () => {},
        )
      await run.run()
      enough.abort()
    }
  }

  /** A pod that is being stopped waits no longer than its grace. */
  async #inTime(ending: Promise<void>): Promise<void> {
    if (!this.isStopping) return ending
    const graceSeconds = this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS
    const enough = new AbortController()
    await Promise.race([ending, delay(this.#place.clock, graceSeconds * 1000, enough.signal).catch(() => {})])
    enough.abort()
  }

  #status(): PodStatus {
    const standing = {
      init: this.#init,
      main: this.#main,
      startedAt: this.#startedAt,
      ...(this.#verdict ? { verdict: this.#verdict } : {}),
      ...(this.#unscheduled === undefined ? {} : { unscheduled: this.#unscheduled }),
    }
    return podStatus(standing, this.#place.writer.written, this.#place.clock.now())
  }

  #changed(): void {
    if (this.#verdict) return
    const isUp = this.#main.some(({ isRunning }) => isRunning)
    this.#place.writer.soon(() => this.#status(), isUp ? RUNNING_MS : PENDING_MS)
  }
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** Init containers are tried again where the pod's containers are; sidecars always are. */
function initRule(container: Container, rule: RestartRule): RestartRule {
  if (isSidecar(container)) return 'Always'
  return rule === 'Never' ? 'Never' : 'OnFailure'
}
