/** The key that creators of Experiments are signed with: made once, kept in a Secret that every controller reads. */
import { randomBytes } from 'node:crypto'
import { ApiError, type Resource } from '#api'
import type { WritingClient } from '#kube'

const SECRET = 'qalam-creator-key'
const FIELD = 'key'

interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

/**
 * The Secret exists, empty at first. Of several processes that fill it at once the first write counts for all. A Secret that is
 * emptied makes all signatures invalid: its experiments may then be of Jobs alone.
 */
export function creatorKey(client: WritingClient, namespace: string): () => Promise<string> {
  let known: Promise<string> | undefined
  return () => {
    known ??= held(client, namespace).catch(cause => {
      known = undefined
      throw cause
    })
    return known
  }
}

async function held(client: WritingClient, namespace: string): Promise<string> {
  for (;;) {
    const secret = await client.get<Secret>({ apiVersion: 'v1', kind: 'Secret', namespace, name: SECRET })
    if (secret === undefined) throw new Error(`there is no Secret ${namespace}/${SECRET}; apply the manifests`)
    const { [FIELD]: key } = secret.data ?? {}
    if (key) return key
    const made = randomBytes(32).toString('base64')
    try {
      await client.replace({ ...secret, data: { ...secret.data, [FIELD]: made } })
      return made
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409)) throw error
    }
  }
}
