/** CPU and GPU slots of the machine, and who gets the next one. */
import { parseQuantity } from '#kube'
import type { Container, Pod } from './pod-types.ts'

export interface Machine {
  /** CPU slots; a pod that requests nothing takes one. */
  readonly cpus: number
  /** Identifiers as CUDA_VISIBLE_DEVICES has them; absent or empty: none. */
  readonly gpus?: readonly string[]
}

export interface Claim {
  readonly cpus: number
  readonly gpus: number
}

/** What a pod takes: the sum of its containers, or its largest init container where that is more. */
export function claimOf(pod: Pod, isFree: (container: Container) => boolean): Claim {
  const init = (pod.spec.initContainers ?? []).filter(container => !isFree(container))
  const sidecars = init.filter(container => container.restartPolicy === 'Always')
  const main = [...pod.spec.containers.filter(container => !isFree(container)), ...sidecars]
  const all = [...main, ...init]
  const total = (resource: string) =>
    Math.max(
      main.reduce((sum, container) => sum + (request(container, resource) ?? 0), 0),
      ...init.map(container => request(container, resource) ?? 0),
    )
  const hasRequest = all.some(container => request(container, 'cpu') !== undefined)
  return { cpus: hasRequest ? total('cpu') : 1, gpus: total('nvidia.com/gpu') }
}

function request({ resources }: Container, resource: string): number | undefined {
  const quantity = resources?.requests?.[resource] ?? resources?.limits?.[resource]
  if (quantity === undefined) return undefined
  try {
    return parseQuantity(quantity)
  } catch {
    // Text that is no quantity asks for nothing; admission is where it is refused.
    return undefined
  }
}

export interface Granted {
  /** Identifiers of the GPUs that are this pod's. */
  readonly gpus: readonly string[]
}

interface Waiter {
  readonly uid: string
  readonly claim: Claim
  readonly grant: (granted: Granted) => void
  passedOver: number
}

/** After so many others went first, the one that did not fit holds the machine until it does. */
const PATIENCE = 50

/**
 * Groups (experiments) take turns; within a group the oldest goes first. A pod that does not fit lets others pass, but
 * not for ever.
 */
export class Slots {
  readonly machine: Machine
  readonly #waiting = new Map<string, Waiter[]>()
  readonly #taken = new Map<string, { readonly cpus: number; readonly gpus: readonly string[] }>()

  constructor(machine: Machine) {
    this.machine = machine
  }

  /** Text that says why the machine can never hold it, or undefined. */
  refuses({ cpus, gpus }: Claim): string | undefined {
    const ownGpus = this.machine.gpus?.length ?? 0
    if (cpus > this.machine.cpus)
      return `it requests ${cpus} cpus and this machine has ${this.machine.cpus}; request less, or raise --cpus`
    if (gpus > ownGpus) return `it requests ${gpus} gpus and this machine has ${ownGpus}; request less, or raise --gpus`
    return undefined
  }

  /** Resolves when the slots are this pod's, which they are until `release`. */
  acquire(uid: string, group: string, claim: Claim): Promise<Granted> {
    const { promise, resolve } = Promise.withResolvers<Granted>()
    const queue = this.#waiting.get(group) ?? []
    queue.push({ uid, claim, grant: resolve, passedOver: 0 })
    this.#waiting.set(group, queue)
    this.#serve()
    return promise
  }

  /** For pods that ran before the server did: they hold what they hold. */
  hold(uid: string, claim: Claim, gpus: readonly string[]): void {
    this.#taken.set(uid, { cpus: claim.cpus, gpus })
  }

  release(uid: string): void {
    for (const [group, queue] of this.#waiting) {
      const rest = queue.filter(waiter => waiter.uid !== uid)
      if (rest.length === 0) this.#waiting.delete(group)
      else this.#waiting.set(group, rest)
    }
    this.#taken.delete(uid)
    this.#serve()
  }

  /** For those who wait: what is free of what there is. */
  get description(): string {
    const free = Math.max(0, this.machine.cpus - this.#usedCpus())
    const gpus = this.machine.gpus?.length ?? 0
    const ofGpus = gpus === 0 ? '' : `, ${gpus - this.#usedGpus().size} of ${gpus} gpus`
    return `${free} of ${this.machine.cpus} cpus${ofGpus} are free`
  }

  #usedCpus(): number {
    return [...this.#taken.values()].reduce((sum, { cpus }) => sum + cpus, 0)
  }

  #usedGpus(): ReadonlySet<string> {
    return new Set([...this.#taken.values()].flatMap(({ gpus }) => gpus))
  }

  #serve(): void {
    for (let found = this.#next(); found; found = this.#next()) {
      const { waiter, group } = found
      const used = this.#usedGpus()
      const gpus = (this.machine.gpus ?? []).filter(gpu => !used.has(gpu)).slice(0, waiter.claim.gpus)
      this.#taken.set(waiter.uid, { cpus: waiter.claim.cpus, gpus })
      this.#takeTurn(group)
      waiter.grant({ gpus })
    }
  }

  #next(): { waiter: Waiter; group: string } | undefined {
    const passed: Waiter[] = []
    for (const [group, [waiter]] of this.#waiting) {
      if (this.#fits(waiter.claim)) {
        for (const other of passed) other.passedOver++
        return { waiter, group }
      }
      if (waiter.passedOver >= PATIENCE) return undefined
      passed.push(waiter)
    }
    return undefined
  }

  #fits({ cpus, gpus }: Claim): boolean {
    // Quantities such as 100m are binary fractions here.
    const hasCpus = this.#usedCpus() + cpus <= this.machine.cpus + 1e-9
    return hasCpus && this.#usedGpus().size + gpus <= (this.machine.gpus?.length ?? 0)
  }

  /** The group that was served goes to the end of the line. */
  #takeTurn(group: string): void {
    const [, ...rest] = this.#waiting.get(group) ?? []
    this.#waiting.delete(group)
    if (rest.length > 0) this.#waiting.set(group, rest)
  }
}
