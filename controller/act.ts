/** Carries out a plan, in the order of its fields; the only file of this room that holds a writing client. */
import { isDeepStrictEqual } from 'node:util'
import { ApiError, controllerOf, INDEX_LABEL, plainJson, type Resource } from '#api'
import { type Clock, createClient, type Informer, type Transport, type WritingClient } from '#kube'
import { EventSender } from './event-sender.ts'
import type { Plan } from './reconciler.ts'

/** Disposing drops events that could not be written yet. */
export interface Actor extends Disposable {
  /**
   * Does what `plan` says for `self`. What is written is offered to the informers, so that the next read sees it.
   * Throws `ApiError` Conflict when the world has moved on: read again. Comes back with somebody else's object that has the
   * name of one to create; status and events of the plan are then left out.
   */
  act(self: Resource, plan: Plan<Resource>, signal: AbortSignal): Promise<{ holder?: Resource }>
}

export interface ActorOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** Of a kind, where somebody watches it. */
  informerOf(resource: { apiVersion: string; kind: string }): Informer | undefined
  log(line: string): void
}

export function createActor(options: ActorOptions): Actor {
  const client = createClient(options.transport, { onWarning: text => options.log(`the API server warns: ${text}`) })
  const offer = (resource: Resource) => options.informerOf(resource)?.offer(resource)
  const events = new EventSender({ ...options, write: event => client.create(event) })
  return {
    async act(self, plan, signal) {
      let holder: Resource | undefined
      // Equal to what is stored it makes no revision, and still is refused when it is late.
      if (plan.claims) offer(await client.replace({ ...self, status: plan.status }, 'status', signal))
      for (const resource of plan.create ?? []) {
        const there = await createOrFind(client, resource, signal)
        if (isSame(there, resource)) offer(there)
        else holder = there
      }
      for (const { ref, patch, subresource } of plan.patch ?? []) {
        offer(await client.patch(ref, patch, subresource, signal))
      }
      for (const ref of plan.delete ?? []) await client.delete(ref, { propagation: 'Foreground' }, signal)
      if (plan.status !== undefined && !plan.claims && !holder)
        await writeStatus(client, self, plan.status, offer, signal)
      for (const event of holder ? [] : (plan.events ?? [])) events.send(event.about ?? self, event)
      return holder ? { holder } : {}
    },
    [Symbol.dispose]: () => events[Symbol.dispose](),
  }
}

/** The one that has the name now. */
async function createOrFind(client: WritingClient, resource: Resource, signal: AbortSignal): Promise<Resource> {
  try {
    return await client.create(resource, {}, signal)
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
    const existing = await client.get(refWithoutUid(resource), signal)
    // Deleted in between: the queue comes again.
    if (!existing) throw error
    return existing
  }
}

/** Made now or by an earlier life of ours: the same owner and, for a Trial, the same index. */
function isSame(existing: Resource, wanted: Resource): boolean {
  const [theirs, ours] = [controllerOf(existing), controllerOf(wanted)]
  return theirs?.uid === ours?.uid && existing.metadata.labels?.[INDEX_LABEL] === wanted.metadata.labels?.[INDEX_LABEL]
}

/** The whole status under the resourceVersion it was decided on; nulls are kept, as a merge patch could not. */
async function writeStatus(
  client: WritingClient,
  self: Resource,
  status: unknown,
  offer: (resource: Resource) => void,
  signal: AbortSignal,
): Promise<void> {
  if (isDeepStrictEqual(plainJson(status, MAX_DEPTH), self.status)) return
  offer(await client.replace({ ...self, status }, 'status', signal))
}

/** Far deeper than any status of ours. */
const MAX_DEPTH = 64

function refWithoutUid(resource: Resource) {
  const { apiVersion, kind, metadata } = resource
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
}
