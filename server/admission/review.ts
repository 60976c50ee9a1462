/** One AdmissionReview (admission.k8s.io/v1): the API server's question, a policy's verdict, the answer. */
import { causesOf, InvalidSpec, problemsText, type Resource } from '#api'
import { jsonPatch } from './json-patch.ts'

/** A write that asks to be admitted; `old` is the stored object on an update. */
export interface ReviewedWrite {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly object: Resource
  readonly old?: Resource
  /** Who writes, as the API server knows him. */
  readonly user?: Reviewer
}

export interface Reviewer {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface Verdict {
  /** The object as it is to be stored; absent: as it came. */
  readonly object?: Resource
  /** Told to whoever writes; nothing is refused for them. */
  readonly warnings?: readonly string[]
}

/** Throws `InvalidSpec` to refuse. */
export type Policy = (write: ReviewedWrite) => Promise<Verdict> | Verdict

interface Review {
  readonly request?: {
    readonly uid?: unknown
    readonly operation?: unknown
    readonly object?: unknown
    readonly oldObject?: unknown
    readonly userInfo?: Partial<Reviewer>
  }
}

/** The body to answer with. Throws `SyntaxError` for what is no AdmissionReview; everything else a policy throws passes through. */
export async function answerReview(review: unknown, policy: Policy): Promise<object> {
  const { uid, ...write } = readReview(review)
  const response = await judge(write, policy)
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...response } }
}

async function judge(write: ReviewedWrite, policy: Policy): Promise<object> {
  try {
    const { object, warnings = [] } = await policy(write)
    const patch = object === undefined ? [] : jsonPatch(write.object, object)
    return {
      allowed: true,
      ...(patch.length === 0
        ? {}
        : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
      ...(warnings.length === 0 ? {} : { warnings }),
    }
  } catch (cause) {
    if (!(cause instanceof InvalidSpec)) throw cause
    const { problems } = cause
    // Katib's webhook refuses with code 400.
    const status = { code: 400, reason: 'BadRequest', message: problemsText(problems) }
    return { allowed: false, status: { ...status, details: { causes: causesOf(problems) } } }
  }
}

function readReview(review: unknown): ReviewedWrite & { readonly uid: string } {
  const { uid, operation, object, oldObject, userInfo } = (review as Review | null)?.request ?? {}
  const isKnown = operation === 'CREATE' || operation === 'UPDATE' || operation === 'DELETE'
  const subject = operation === 'DELETE' ? oldObject : object
  if (typeof uid !== 'string' || !isKnown || !isResource(subject))
    throw new SyntaxError('expected an AdmissionReview of admission.k8s.io/v1 with uid, operation and object')
  return {
    uid,
    operation,
    object: subject,
    ...(isResource(oldObject) ? { old: oldObject } : {}),
    ...(userInfo?.username ? { user: { ...userInfo, username: userInfo.username } } : {}),
  }
}

/** What the API server sends has these at least; a policy parses the rest. */
function isResource(value: unknown): value is Resource {
  if (typeof value !== 'object' || value === null) return false
  const { apiVersion, kind, metadata } = value as Partial<Resource>
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata === 'object' && metadata !== null
}
