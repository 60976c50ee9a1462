/** A data directory without a server: its objects can be read and changed; nothing runs until `qalam server`. */
import { createClient, systemClock } from '#kube'
import { openMachineData } from '../machine/data.ts'
import { SPOKEN } from '../output/api-warning.ts'
import type { BackEnd } from './back-end.ts'
import type { Place } from './place.ts'

export async function openOffline(place: Place): Promise<BackEnd> {
  const data = openMachineData(place.dataDir, () => {})
  const { openObjects } = await import('../machine/objects.ts')
  const objects = await openObjects({ data, clock: systemClock })
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
