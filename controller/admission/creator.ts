/**
 * Who made an Experiment, as the webhook saw it and nobody can claim afterwards: an annotation that is signed (HMAC, RFC 2104,
 * with SHA-256) together with the Experiment's namespace, name and trial template. Copied to another Experiment, or kept beside
 * another template, it says nothing. What a ConfigMap template holds is not signed; its kind is looked at for each trial.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { CREATOR_ANNOTATION, type Experiment, type Resource } from '#api'

/** A user as Kubernetes' authentication names him. */
export interface Creator {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** The annotation's value; an Experiment that has no name yet is signed by what its name begins with. */
export function signCreator(key: string, experiment: Resource, creator: Creator): string {
  const { username, uid, groups, extra } = creator
  const said = Buffer.from(JSON.stringify({ username, uid, groups, extra })).toString('base64url')
  const { name, generateName } = experiment.metadata
  return `${said}.${proof(key, experiment, name || `${generateName}*`, said)}`
}

/** The creator, or why the annotation does not say who it was. */
export function readCreator(
  key: string,
  experiment: Experiment,
): { readonly creator: Creator } | { readonly missing: string } {
  const signed = experiment.metadata.annotations?.[CREATOR_ANNOTATION]
  if (signed === undefined)
    return { missing: 'nobody signed who made it, for it was made while no webhook of ours was there' }
  const [said = '', given = ''] = signed.split('.')
  const { name, generateName } = experiment.metadata
  const subjects = generateName !== undefined && name.startsWith(generateName) ? [name, `${generateName}*`] : [name]
  if (subjects.some(subject => isEqual(given, proof(key, experiment, subject, said))))
    // What carries our proof was written by `signCreator`.
    return { creator: JSON.parse(Buffer.from(said, 'base64url').toString('utf8')) as Creator }
  return { missing: `the annotation ${CREATOR_ANNOTATION} is not signed for this experiment and its trial template` }
}

function proof(key: string, { metadata, spec }: Resource, subject: string, said: string): string {
  const { trialSpec, configMap } = (spec as Partial<Experiment['spec']> | undefined)?.trialTemplate ?? {}
  const template = createHash('sha256').update(canonical({ trialSpec, configMap })).digest('hex')
  return createHmac('sha256', key)
    .update(JSON.stringify([metadata.namespace, subject, template, said]))
    .digest('base64url')
}

/** JSON with sorted keys: a store may give them in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, node: unknown) =>
    typeof node === 'object' && node !== null && !Array.isArray(node) && !JSON.isRawJSON(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  )
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
