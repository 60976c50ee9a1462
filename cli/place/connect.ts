/** Where a command's API is: a named server, a kubeconfig, the process that holds the data directory, or the directory itself. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXPERIMENT_LABEL, type Trial } from '#api'
import { createClient, createInformers, httpsTransport, kubeconfigTransport, systemClock, type Transport } from '#kube'
import { CommandError, EXIT } from '../exit.ts'
import { holderOf } from '../machine/data-directory.ts'
import { SPOKEN } from '../output/api-warning.ts'
import type { BackEnd } from './back-end.ts'
import type { Place } from './place.ts'

/** Throws `CommandError` (unreachable) with what to do when nothing answers. */
export async function connect(place: Place): Promise<BackEnd> {
  if (place.server !== undefined)
    return remote(httpsTransport(serverOf(place)), place.server, 'unknown', place.namespace)
  if (place.kubeconfig !== undefined || place.cluster) {
    const transport = await kubeconfigTransport(place.kubeconfig)
    return remote(transport, transport.server, 'unknown', place.namespace ?? transport.namespace)
  }
  const holder = holderOf(place.dataDir)
  if (holder?.kubernetes !== undefined) {
    const transport = httpsTransport({ server: holder.kubernetes, ...credentialsIn(place.dataDir) })
    return remote(transport, holder.kubernetes, 'yes', place.namespace, trial =>
      tailFromRest(holder.rest, place.dataDir, trial),
    )
  }
  if (holder)
    throw new CommandError(
      EXIT.unreachable,
      `process ${holder.pid} is still starting on ${place.dataDir}; try again in a second`,
    )
  const { openOffline } = await import('./offline.ts')
  return openOffline(place)
}

async function remote(
  transport: Transport & Partial<AsyncDisposable>,
  name: string,
  served: BackEnd['served'],
  namespace = 'default',
  logTail: BackEnd['logTail'] = async () => undefined,
): Promise<BackEnd> {
  await reach(transport, name)
  const client = createClient(transport, SPOKEN)
  const informers = createInformers({ transport, clock: systemClock, log: () => {} })
  return {
    transport,
    client,
    informers,
    namespace,
    name,
    served,
    logTail,
    remindUnserved: () => {},
    async [Symbol.asyncDispose]() {
      await informers[Symbol.asyncDispose]()
      await transport[Symbol.asyncDispose]?.()
    },
  }
}

async function reach(transport: Transport, name: string): Promise<void> {
  try {
    const response = await transport.send({ method: 'GET', path: '/version' })
    await response.text()
    if (response.status === 401) throw new CommandError(EXIT.notPermitted, `${name} does not accept the token`)
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    throw new CommandError(
      EXIT.unreachable,
      `${name} does not answer (${(cause as Error).message}); is the server running?`,
      { cause },
    )
  }
}

function serverOf(place: Place): { server: string; ca?: string; token?: string } {
  const server = place.server ?? ''
  if (!URL.canParse(server))
    throw new CommandError(EXIT.usage, `--server ${server}: expected a URL such as https://127.0.0.1:6443`)
  return { server, ...credentialsIn(place.dataDir) }
}

/** The authority and the token that the server of a data directory wrote there. */
export function credentialsIn(dataDir: string): { ca?: string; token?: string } {
  try {
    return {
      ca: readFileSync(join(dataDir, 'certificates', 'ca.crt'), 'utf8'),
      token: readFileSync(join(dataDir, 'token'), 'utf8').trim(),
    }
  } catch {
    // A server elsewhere may need neither; what it refuses is told then.
    return {}
  }
}

async function tailFromRest(rest: string | undefined, dataDir: string, trial: Trial): Promise<string | undefined> {
  const { namespace, name, labels } = trial.metadata
  const path = `/api/v1/namespaces/${namespace}/experiments/${labels?.[EXPERIMENT_LABEL]}/trials/${name}/logs`
  const response = await fetch(`${rest}${path}`, {
    headers: { authorization: `Bearer ${credentialsIn(dataDir).token}` },
  })
  return response.ok ? response.text() : undefined
}
