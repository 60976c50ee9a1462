/**
 * Whether Katib's own controller works on this cluster: two that create the trials of one experiment would run each twice. Looked
 * for before this one begins and as long as it leads; meanwhile it holds the lease of Katib's, which then waits.
 */
import type { Resource } from '#api'
import { acquireLease, type Clock, delay, type Informers, type ReadingClient, type WritingClient } from '#kube'
import { CommandError, EXIT } from '../exit.ts'

/** Katib's leader election, off unless its administrator turned it on. */
const KATIB_LEASE = '3fbc96e9.katib.kubeflow.org'
const KATIB_CONTROLLER = 'katib.kubeflow.org/component=controller'
/** Before the names of holders that are no Katib. */
const OURS = 'qalam/'
const POD = { apiVersion: 'v1', kind: 'Pod' }

interface Lease extends Resource {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds?: number
  }
}

/** Throws `CommandError` in one sentence that says how to switch. */
export async function refuseBesideKatib(client: ReadingClient, namespace: string, now: Date): Promise<void> {
  const seen = (await holderOf(client, namespace, now)) ?? (await podOf(client, namespace))
  if (seen !== undefined) throw refusal(seen, namespace)
}

export interface LeadingAlone {
  readonly client: WritingClient
  readonly informers: Informers
  readonly namespace: string
  /** Unlike every other candidate's. */
  readonly identity: string
  readonly durationMs: number
  readonly clock: Clock
  /** Katib's controller has come: both must not go on. */
  onKatib(refusal: CommandError): void
  log(line: string): void
}

/** Until it is disposed. The lease is taken whenever it is free: nobody waits for it. */
export function leadAlone(options: LeadingAlone): AsyncDisposable {
  const { client, informers, namespace, durationMs, clock, onKatib, log } = options
  const closing = new AbortController()
  const pods = informers.of(POD, { namespace, labelSelector: KATIB_CONTROLLER })
  const subscription = pods.onChange(({ type, object }) => {
    if (type !== 'deleted' && isLiving(object)) onKatib(refusal(podSentence(object), namespace))
  })

  async function hold(): Promise<void> {
    const identity = `${OURS}${options.identity}`
    // Nobody hurries for it, so it is renewed seldom.
    const times = { durationMs: 4 * durationMs, renewDeadlineMs: 3 * durationMs, retryMs: durationMs / 2 }
    while (!closing.signal.aborted) {
      await using lease = await acquireLease(
        { client, clock, namespace, name: KATIB_LEASE, identity, ...times, log },
        closing.signal,
      )
      const { promise, resolve } = Promise.withResolvers<void>()
      AbortSignal.any([lease.held, closing.signal]).addEventListener('abort', () => resolve(), { once: true })
      await promise
      await delay(clock, times.retryMs, closing.signal)
    }
  }
  // It ends by the signal alone, and then nobody asks how.
  const holding = hold().catch(() => {})

  return {
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]()
      closing.abort(new Error('this controller ends'))
      await holding
    },
  }
}

function refusal(seen: string, namespace: string): CommandError {
  return new CommandError(
    EXIT.conflict,
    `${seen} works on this cluster: scale it down (kubectl -n ${namespace} scale deployment katib-controller --replicas=0), then start again; its experiments go on here`,
  )
}

async function holderOf(client: ReadingClient, namespace: string, now: Date): Promise<string | undefined> {
  const type = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
  const lease = await client.get<Lease>({ ...type, namespace, name: KATIB_LEASE })
  const { holderIdentity, renewTime = '', leaseDurationSeconds = 15 } = lease?.spec ?? {}
  if (!holderIdentity || holderIdentity.startsWith(OURS)) return undefined
  const isFresh = now.getTime() - Date.parse(renewTime) < leaseDurationSeconds * 1_000
  return isFresh ? `Katib's controller ${holderIdentity}` : undefined
}

async function podOf(client: ReadingClient, namespace: string): Promise<string | undefined> {
  const { items } = await client.list(POD, { namespace, labelSelector: KATIB_CONTROLLER })
  const living = items.find(isLiving)
  return living && podSentence(living)
}

const podSentence = ({ metadata }: Resource) => `Katib's controller, pod ${metadata.name},`

function isLiving({ metadata, status }: Resource): boolean {
  const { phase } = (status ?? {}) as { phase?: string }
  return phase !== 'Succeeded' && phase !== 'Failed' && !metadata.deletionTimestamp
}
