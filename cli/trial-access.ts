/** How a trial that reports by itself reaches the server: its address, and a token that is good for this trial alone. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COLLECTOR_IMAGE, type Resource, TRIAL_UID_ANNOTATION } from '#api'
import { trialToken } from '#server'

interface PodSpec {
  readonly containers?: readonly { readonly image?: string }[]
  readonly initContainers?: readonly { readonly image?: string }[]
}

/** Nothing for a pod with a collector, whose programs print, and for pods that are no trial's. */
export async function trialAccess(
  pod: Resource,
  podDirectory: string,
  server: { url: string; token: string },
): Promise<Readonly<Record<string, string>>> {
  const uid = pod.metadata.annotations?.[TRIAL_UID_ANNOTATION]
  const { containers = [], initContainers = [] } = (pod.spec ?? {}) as PodSpec
  const isCollected = [...containers, ...initContainers].some(({ image }) => image === COLLECTOR_IMAGE)
  if (uid === undefined || isCollected) return {}
  const file = join(podDirectory, 'token')
  await writeFile(file, trialToken(server.token, uid), { mode: 0o600 })
  return { QALAM_SERVER_URL: server.url, QALAM_TOKEN_FILE: file }
}
