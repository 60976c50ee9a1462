/**
 * Leader election over a coordination.k8s.io Lease: one process at a time acts, the others wait.
 *
 * States. waiting: reads the lease every `retryMs`, jittered by half of it; takes it when it is free, released, or when its
 * record has not changed for its own duration and ours of our own monotonic time (the holder's clock is never trusted).
 * A request that gets no answer is given up after `renewDeadlineMs`. holding: renews every `retryMs`; a failed renewal is
 * tried again until `renewDeadlineMs` after the last good one, then the lease is lost, and at once when it names another
 * holder; one that was written though its reply was lost is found by reading. lost: `held` has
 * aborted, for good; the process ends or makes a new Lease. A holder that is stopped and goes on finds by both clocks that
 * its time is over before it writes again: see `fenced`.
 * After client-go's leaderelection package; it does not fence, this does.
 */
import { isDeepStrictEqual } from 'node:util'
import { ApiError, type Resource } from '#api'
import type { WritingClient } from './client.ts'
import { type Clock, delay } from './clock.ts'
import type { KubeRequest, Transport } from './transport.ts'

export interface LeaseOptions {
  readonly client: WritingClient
  readonly clock: Clock
  readonly namespace: string
  readonly name: string
  /** Unlike every other candidate's, also that of a former life of this process. */
  readonly identity: string
  /** Default 15,000: how long others wait after the last renewal they saw. */
  readonly durationMs?: number
  /** Default 10,000: how long the holder goes on without a renewal. */
  readonly renewDeadlineMs?: number
  /** Default 2,000. */
  readonly retryMs?: number
  /** In [0, 1); default Math.random: spreads the candidates. */
  random?(): number
  log(line: string): void
}

export interface Lease extends AsyncDisposable {
  /** Aborts when the lease is lost or released. */
  readonly held: AbortSignal
  /** Now, by both clocks: nobody else can have taken it. */
  isHeld(): boolean
}

interface LeaseResource extends Resource {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

/** Resolves once the lease is ours; rejects when `signal` aborts before. Disposing releases it for the next one. */
export async function acquireLease(options: LeaseOptions, signal: AbortSignal): Promise<Lease> {
  const { clock, retryMs = 2_000, renewDeadlineMs = 10_000, random = Math.random } = options
  let seen: { record: LeaseResource['spec']; atMs: number } | undefined
  for (;;) {
    signal.throwIfAborted()
    const startedMs = clock.monotonicMs()
    const startedAt = clock.now()
    try {
      const late = new AbortController()
      using _timer = clock.after(renewDeadlineMs, () => late.abort(new Error('no answer in time')))
      const either = AbortSignal.any([signal, late.signal])
      const current = await options.client.get<LeaseResource>(refOf(options), either)
      const record = current?.spec
      if (!seen || !isDeepStrictEqual(seen.record, record)) seen = { record, atMs: clock.monotonicMs() }
      const isFree = !record?.holderIdentity || clock.monotonicMs() - seen.atMs >= termMs(options, record)
      if (isFree) return new HeldLease(options, await take(options, current, either), startedMs, startedAt)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!(error instanceof ApiError && error.code === 409))
        options.log(`lease ${options.name}: ${(error as Error).message}`)
    }
    await delay(clock, retryMs * (0.5 + random()), signal)
  }
}

/** The longer one: a holder that was configured otherwise counts on its own. */
function termMs({ durationMs = 15_000 }: LeaseOptions, record: LeaseResource['spec']): number {
  return Math.max(durationMs, (record?.leaseDurationSeconds ?? 0) * 1_000)
}

/** Refuses writes, before they are sent, once the lease may be another's; reads pass. */
export function fenced(transport: Transport, lease: Pick<Lease, 'isHeld'>): Transport {
  return {
    async send(request: KubeRequest) {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      if (!isRead && !lease.isHeld()) throw new Error('the lease is over: another process may have taken our place')
      return transport.send(request)
    },
  }
}

class HeldLease implements Lease {
  readonly #options: LeaseOptions
  readonly #lost = new AbortController()
  readonly #released = new AbortController()
  readonly #renewing: Promise<void>
  #current: LeaseResource
  #renewedMs: number
  #renewedAt: Date

  constructor(options: LeaseOptions, current: LeaseResource, renewedMs: number, renewedAt: Date) {
    this.#options = options
    this.#current = current
    this.#renewedMs = renewedMs
    this.#renewedAt = renewedAt
    this.#renewing = this.#renew()
  }

  get held(): AbortSignal {
    return this.#lost.signal
  }

  isHeld(): boolean {
    const { clock, renewDeadlineMs = 10_000 } = this.#options
    const monotonicMs = clock.monotonicMs() - this.#renewedMs
    const wallMs = clock.now().getTime() - this.#renewedAt.getTime()
    return !this.#lost.signal.aborted && Math.max(monotonicMs, wallMs) < renewDeadlineMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasHeld = this.isHeld()
    this.#released.abort(new Error('the lease is released'))
    this.#lost.abort(new Error('the lease is released'))
    await this.#renewing
    if (wasHeld) await this.#release()
  }

  /** A renewal that was under way may have been written: then the lease is read again, and is ours under a newer version. */
  async #release(): Promise<void> {
    const { client, clock, identity, retryMs = 2_000 } = this.#options
    const tooLong = new AbortController()
    using _ = clock.after(retryMs, () => tooLong.abort(new Error('the lease runs out by itself')))
    const write = (current: LeaseResource) => {
      const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1 }
      return client.replace({ ...current, spec }, undefined, tooLong.signal)
    }
    try {
      await write(this.#current).catch(async error => {
        if (!(error instanceof ApiError && error.code === 409)) throw error
        const latest = await client.get<LeaseResource>(refOf(this.#options), tooLong.signal)
        if (latest?.spec?.holderIdentity === identity) await write(latest)
      })
    } catch {
      // Somebody else has it, or nobody answers: it runs out by itself.
    }
  }

  /** The version moved on: by our own write whose reply was lost, by somebody who labels leases, or by another holder. */
  async #readAgain(): Promise<void> {
    const { client, clock, identity, retryMs = 2_000, log } = this.#options
    const late = new AbortController()
    using _timer = clock.after(retryMs, () => late.abort(new Error('no answer in time')))
    const signal = AbortSignal.any([this.#released.signal, late.signal])
    try {
      const latest = await client.get<LeaseResource>(refOf(this.#options), signal)
      if (latest?.spec?.holderIdentity === identity) this.#current = latest
      else this.#lost.abort(new Error('another process holds the lease'))
    } catch (error) {
      log(`lease ${this.#options.name}: not read: ${(error as Error).message}`)
    }
  }

  async #renew(): Promise<void> {
    const { client, clock, retryMs = 2_000, renewDeadlineMs = 10_000, log } = this.#options
    while (!this.#released.signal.aborted) {
      await delay(clock, retryMs, this.#released.signal).catch(() => {})
      if (this.#released.signal.aborted) return
      const startedMs = clock.monotonicMs()
      const startedAt = clock.now()
      try {
        if (this.isHeld()) {
          // A renewal that hangs must not outlast the lease it renews.
          const late = new AbortController()
          const leftMs = renewDeadlineMs - (startedMs - this.#renewedMs)
          using _timer = clock.after(leftMs, () => late.abort(new Error('the renewal did not end in time')))
          const spec = { ...this.#current.spec, renewTime: microTime(startedAt) }
          const signal = AbortSignal.any([this.#released.signal, late.signal])
          this.#current = await client.replace({ ...this.#current, spec }, undefined, signal)
          this.#renewedMs = startedMs
          this.#renewedAt = startedAt
        }
      } catch (error) {
        if (this.#released.signal.aborted) return
        log(`lease ${this.#options.name}: not renewed: ${(error as Error).message}`)
        if (error instanceof ApiError && error.code === 409) await this.#readAgain()
      }
      if (!this.isHeld()) {
        this.#lost.abort(new Error('the lease was not renewed in time'))
        return
      }
    }
  }
}

async function take(
  options: LeaseOptions,
  current: LeaseResource | undefined,
  signal: AbortSignal,
): Promise<LeaseResource> {
  const { client, clock, identity, durationMs = 15_000 } = options
  const now = microTime(clock.now())
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + 1,
  }
  const { apiVersion, kind, namespace, name } = refOf(options)
  if (!current)
    return client.create<LeaseResource>({ apiVersion, kind, metadata: { namespace, name }, spec }, {}, signal)
  return client.replace<LeaseResource>({ ...current, spec }, undefined, signal)
}

function refOf({ namespace, name }: LeaseOptions) {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name }
}

/** Leases carry microseconds. */
const microTime = (time: Date) => time.toISOString().replace('Z', '000Z')
