/**
 * One container from its first start to its last end.
 *
 * waiting    nothing runs: it has not started, cannot start yet, or waits before it starts again → running, ended
 * running    a program or a built-in function → waiting (it is started again), ended
 * ended      for good; the last end is kept
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rfc3339, STDOUT_PATH } from '#api'
import { type Clock, delay } from '#kube'
import type { Ended } from '../starter/messages.ts'
import type { RunningProgram, Starter } from '../starter/starter.ts'
import type { BuiltInImage } from './built-in.ts'
import { runBuiltIn } from './built-in-run.ts'
import { CannotStart } from './cannot-start.ts'
import { mapPaths } from './path-mapping.ts'
import type { Container, ContainerState, ContainerStatus, Pod } from './pod-types.ts'
import { containerDirectory, type ResolvedContainer } from './resolve-container.ts'
import { terminatedState } from './terminated-state.ts'

export interface ContainerPlace {
  readonly clock: Clock
  readonly starter: Starter
  readonly podDirectory: string
  readonly builtIn: BuiltInImage | undefined
  resolve(pod: Pod, container: Container): Promise<ResolvedContainer>
  /** The state changed. */
  onChange(): void
  onTail(container: string, tail: string): void
  onMapped(resolved: ResolvedContainer): void
  /** It runs; the count of restarts before. */
  onStart(restartCount: number): void
  /** Why it does not run, in words for its owner; the same may be said again. */
  onTrouble(reason: string, message: string): void
}

export type RestartRule = 'Never' | 'OnFailure' | 'Always'

const RETRY_MS = 2_000
const FIRST_RESTART_MS = 1_000
const LAST_RESTART_MS = 300_000

export class ContainerRun {
  readonly pod: Pod
  readonly container: Container
  readonly #place: ContainerPlace
  readonly #rule: RestartRule
  readonly #terminate = new AbortController()
  readonly #kill = new AbortController()
  readonly #running = Promise.withResolvers<void>()
  #state: ContainerState = { waiting: { reason: 'PodInitializing' } }
  #lastState: ContainerState = {}
  #restartCount = 0
  #program: RunningProgram | undefined
  #ended: Promise<Ended> | undefined
  #end: Ended | undefined

  constructor(pod: Pod, container: Container, rule: RestartRule, place: ContainerPlace) {
    this.pod = pod
    this.container = container
    this.#rule = rule
    this.#place = place
  }

  /** Starts it; later calls return the same promise of its last end. */
  run(): Promise<Ended> {
    this.#ended ??= this.#runAll()
    return this.#ended
  }

  /** Resolves when it runs for the first time, or has ended. */
  get running(): Promise<void> {
    return this.#running.promise
  }

  get end(): Ended | undefined {
    return this.#end
  }

  get hasStarted(): boolean {
    return this.#ended !== undefined
  }

  get isRunning(): boolean {
    return this.#state.running !== undefined
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /** SIGTERM; it is not started again. */
  terminate(): void {
    this.#terminate.abort()
    this.#program?.signal('SIGTERM')
  }

  kill(): void {
    this.#terminate.abort()
    this.#kill.abort()
    this.#program?.signal('SIGKILL')
  }

  get status(): ContainerStatus {
    const { name, image = '' } = this.container
    return {
      name,
      image,
      imageID: '',
      ready: this.isRunning || (this.container.restartPolicy !== 'Always' && this.#end?.code === 0 && this.#isInit),
      started: this.isRunning,
      restartCount: this.#restartCount,
      state: this.#state,
      lastState: this.#lastState,
    }
  }

  get #isInit(): boolean {
    return this.pod.spec.initContainers?.includes(this.container) ?? false
  }

  async #runAll(): Promise<Ended> {
    for (;;) {
      const ended = await this.#runOnce()
      const isFailure = ended.how !== 'exited' || ended.code !== 0
      this.#become({ terminated: terminatedState(ended, this.#kill.signal.aborted) })
      this.#running.resolve()
      const again = this.#rule === 'Always' || (this.#rule === 'OnFailure' && isFailure)
      // A lost process is a disruption of the whole pod, which is replaced.
      if (!again || ended.how === 'lost' || this.#terminate.signal.aborted) {
        this.#end = ended
        this.#place.onTail(this.container.name, ended.tail)
        return ended
      }
      await this.#waitToRestart()
      if (this.#terminate.signal.aborted) {
        this.#end = ended
        return ended
      }
      this.#restartCount++
    }
  }

  async #waitToRestart(): Promise<void> {
    this.#lastState = this.#state
    // An earlier life of the server has waited already.
    const own = containerDirectory(this.#place.podDirectory, this.container.name)
    if (existsSync(join(own, String(this.#restartCount + 1), 'claim'))) return
    const delayMs = Math.min(LAST_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restartCount)
    const message = `it ended and is started again in ${delayMs / 1000} s`
    this.#become({ waiting: { reason: 'CrashLoopBackOff', message } })
    this.#place.onTrouble('BackOff', `container ${this.container.name} ended and is started again, later each time`)
    await this.#wait(delayMs)
    if (this.#terminate.signal.aborted) this.#become(this.#lastState)
  }

  /** Until the time is over or the container is to end. */
  async #wait(delayMs: number): Promise<void> {
    try {
      await delay(this.#place.clock, delayMs, this.#terminate.signal)
    } catch {
      // It is to end: whoever waits looks at the signal.
    }
  }

  async #runOnce(): Promise<Ended> {
    for (;;) {
      if (this.#terminate.signal.aborted) return notStarted(this.#place.clock, 'it was stopped before it started')
      try {
        const resolved = await this.#place.resolve(this.pod, this.container)
        this.#place.onMapped(resolved)
        const { builtIn } = this.#place
        return builtIn ? await this.#runBuiltIn(builtIn, resolved) : await this.#runProgram(resolved)
      } catch (error) {
        const reason = error instanceof CannotStart ? error.reason : 'CreateContainerError'
        this.#become({ waiting: { reason, message: (error as Error).message } })
        this.#place.onTrouble('Failed', (error as Error).message)
        await this.#wait(RETRY_MS)
      }
    }
  }

  async #runProgram(resolved: ResolvedContainer): Promise<Ended> {
    const own = containerDirectory(this.#place.podDirectory, this.container.name)
    const log = logPath(this.#place.podDirectory, this.container.name, this.#restartCount)
    const directory = join(own, String(this.#restartCount))
    const stdout = mapPaths(STDOUT_PATH, resolved.mappings)
    const path = this.container.terminationMessagePath ?? '/dev/termination-log'
    const program = this.#place.starter.run({
      directory,
      directories: [directory, ...resolved.directories],
      files: resolved.files,
      workingDirectory: resolved.workingDirectory,
      env: { ...resolved.env },
      argv: mapTermination(resolved, path),
      log,
      tailOf: stdout === STDOUT_PATH ? [log] : [log, stdout],
      messageFile: resolved.messageFile,
    })
    this.#program = program
    if (this.#kill.signal.aborted) program.signal('SIGKILL')
    else if (this.#terminate.signal.aborted) program.signal('SIGTERM')
    this.#hasStarted(await program.started)
    const ended = await program.ended
    this.#program = undefined
    return ended
  }

  async #runBuiltIn(image: BuiltInImage, resolved: ResolvedContainer): Promise<Ended> {
    const { clock, podDirectory } = this.#place
    return runBuiltIn({
      ...{ image, pod: this.pod, containerName: this.container.name, resolved, clock },
      log: logPath(podDirectory, this.container.name, this.#restartCount),
      terminate: this.#terminate.signal,
      kill: this.#kill.signal,
      onStart: startedAt => this.#hasStarted(startedAt),
    })
  }

  #hasStarted(startedAt: number): void {
    this.#place.onStart(this.#restartCount)
    this.#become({ running: { startedAt: rfc3339(new Date(startedAt)) } })
    this.#running.resolve()
  }

  #become(state: ContainerState): void {
    this.#state = state
    this.#place.onChange()
  }
}

export function logPath(podDirectory: string, container: string, restartCount: number): string {
  return join(containerDirectory(podDirectory, container), `${restartCount}.log`)
}

/** The path of last words is the container's own, wherever the manifest has put it. */
function mapTermination({ argv, messageFile }: ResolvedContainer, path: string): readonly string[] {
  return argv.map(word => mapPaths(word, [{ from: path, to: messageFile }]))
}

function notStarted(clock: Clock, reason: string): Ended {
  const now = clock.now().getTime()
  return { how: 'refused', reason, startedAt: now, finishedAt: now, tail: '', message: '' }
}
