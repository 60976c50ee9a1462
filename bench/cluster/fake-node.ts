/**
 * A node that takes no time: every Job of namespace default is complete as soon as it is there, with one loss for its trial.
 * A process of its own, so that its work is not counted: `fake-node.ts KUBECONFIG`, the database in $DATABASE_CONFIG.
 */
import { createClient, createInformers, kubeconfigTransport, systemClock } from '#kube'
import { connectObservationStore } from '#store'
import type { Job } from './world.ts'

const log = (line: string) => void process.stderr.write(`node: ${line}\n`)
const transport = await kubeconfigTransport(process.argv[2])
const client = createClient(transport, { onWarning: log })
const informers = createInformers({ transport, clock: systemClock, log })
const observations = connectObservationStore(JSON.parse(process.env.DATABASE_CONFIG ?? '{}'))
const seen = new Set<string>()

informers.of<Job>({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace: 'default' }).onChange(({ object, type }) => {
  const { name, uid = '' } = object.metadata
  if (type === 'deleted' || seen.has(uid)) return
  seen.add(uid)
  complete(object).catch(error => log(`${name}: ${error}`))
})
process.stdout.write('node\n')

async function complete({ metadata }: Job): Promise<void> {
  const trialUid = metadata.ownerReferences?.[0]?.uid ?? ''
  const value = String(1 + Math.abs(Math.sin(seen.size)))
  const rows = [{ metricName: 'loss', value, sequence: 0 }]
  await observations.append({ trialUid, attempt: 0, stream: 'node', rows, final: true })
  const time = new Date().toISOString().replace(/\.\d+Z/, 'Z')
  const condition = { status: 'True', lastProbeTime: time, lastTransitionTime: time }
  const conditions = ['SuccessCriteriaMet', 'Complete'].map(type => ({ ...condition, type }))
  const ref = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'default', name: metadata.name }
  const status = { startTime: time, completionTime: time, succeeded: 1, conditions }
  await client.patch(ref, { status }, 'status')
}
