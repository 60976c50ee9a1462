/** A data directory without a server: its objects can be read and changed; nothing runs until `qalam server`. */
import { createClient, systemClock } from '#kube'
import { SPOKEN } from './api-warning.ts'
import type { BackEnd } from './back-end.ts'
import { openObjects } from './machine-objects.ts'
import type { Place } from './place.ts'

export async function openOffline(place: Place): Promise<BackEnd> {
  const objects = await openObjects({ dataDir: place.dataDir, clock: systemClock, note: () => {} })
  return {
    transport: objects.transport,
    client: createClient(objects.transport, SPOKEN),
    informers: objects.informers,
    namespace: place.namespace ?? 'default',
    name: place.dataDir,
    served: 'no',
    logTail: trial => objects.observations.logTail(trial.metadata.uid ?? ''),
    remindUnserved: () => process.stderr.write(`stored in ${place.dataDir}; nothing runs until \`qalam server\`\n`),
    [Symbol.asyncDispose]: () => objects[Symbol.asyncDispose](),
  }
}
