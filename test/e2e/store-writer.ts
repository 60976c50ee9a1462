/** A process that writes until it is killed: 16 clients put objects and append observations; each acknowledged write is a line. */
import { writeSync } from 'node:fs'
import { openStores, startPostgres } from '#store'

const postgres = await startPostgres(process.argv[2])
const { resources, observations } = await openStores({ postgres })
// Synchronously, so that a line that was written is one that was acknowledged, and none is lost in a buffer.
const say = (line: string) => writeSync(1, `${line}\n`)
say(`ready ${postgres.pid} ${postgres.adopted} ${await resources.revision()}`)

async function client(name: string): Promise<never> {
  const ref = { group: 'core', kind: 'Pod', namespace: 'default', name }
  let stored = await resources.get(ref)
  let sequence = Number(stored?.spec ?? 0)
  // Whether the row of the last object was written, the process before this one was never told: it is sent again.
  if (sequence > 0) await append(name, sequence)
  for (;;) {
    sequence++
    const next = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: sequence }
    stored = await resources.put(ref, next, stored?.metadata.resourceVersion ?? 'absent')
    say(`put ${name} ${sequence} ${stored.metadata.resourceVersion}`)
    await append(name, sequence)
  }
}

async function append(name: string, sequence: number): Promise<void> {
  const rows = [{ metricName: 'loss', value: String(-sequence), sequence }]
  await observations.append({ trialUid: name, attempt: 0, stream: 's', rows })
  say(`row ${name} ${sequence}`)
}

await Promise.all(Array.from({ length: 16 }, (_, i) => client(`client-${i}`)))
