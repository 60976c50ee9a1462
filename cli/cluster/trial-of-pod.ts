/**
 * The trial that a pod is of, for pods that an operator of some kind makes: by the trial's label, or by its owners, from the pod
 * up to the object that a Trial owns. Asked of caches alone, so that a pod never waits for an answer of the API server.
 */
import { API_VERSION, type OwnerReference, type Resource, TRIAL_LABEL, type Trial } from '#api'
import type { TrialKind } from '#controller'
import type { Clock, Informers } from '#kube'
import { cachedObject } from './cached-object.ts'

export interface OwnersOptions {
  readonly informers: Informers
  readonly clock: Clock
  /** What trials may be now. */
  allowedKinds(): readonly TrialKind[]
}

/** A chain that is longer is nobody's trial; no operator makes one. */
const MAX_DEPTH = 8

/** Kinds that operators put between their own and the pods. */
const BETWEEN: readonly TrialKind[] = [
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet' },
]

/** Undefined: of none. */
export async function trialOfPod(pod: Resource, options: OwnersOptions): Promise<Trial | undefined> {
  const { informers, clock } = options
  const { namespace, labels } = pod.metadata
  const name = labels?.[TRIAL_LABEL] ?? (await ownedBy(pod, options))
  if (name === undefined) return undefined
  return cachedObject(informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }), { namespace, name }, clock)
}

/** The name of the Trial that its owners lead to. */
async function ownedBy(pod: Resource, { informers, clock, allowedKinds }: OwnersOptions): Promise<string | undefined> {
  const allowed = allowedKinds()
  // Pods of Jobs are rendered whole; where nothing else is allowed no owner leads to a trial.
  if (allowed.every(kind => isOf(BETWEEN[0], kind))) return undefined
  const kinds = [...allowed, ...BETWEEN]
  const seen = new Set<string>()
  let objects: readonly Resource[] = [pod]
  for (let depth = 0; depth < MAX_DEPTH && objects.length > 0; depth++) {
    const owners = objects.flatMap(({ metadata }) => metadata.ownerReferences ?? []).filter(({ uid }) => !seen.has(uid))
    for (const { uid } of owners) seen.add(uid)
    const trial = owners.find(owner => owner.kind === 'Trial' && owner.apiVersion === API_VERSION)
    if (trial) return trial.name
    const followed = owners.filter(owner => kinds.some(kind => isOf(kind, owner)))
    objects = (await Promise.all(followed.map(found))).flatMap(object => object ?? [])
  }
  return undefined

  async function found({ apiVersion, kind, name, uid }: OwnerReference): Promise<Resource | undefined> {
    const { namespace } = pod.metadata
    const object = await cachedObject(informers.of<Resource>({ apiVersion, kind }), { namespace, name }, clock)
    return object?.metadata.uid === uid ? object : undefined
  }
}

const isOf = (kind: TrialKind | undefined, other: TrialKind) =>
  kind?.apiVersion === other.apiVersion && kind.kind === other.kind
