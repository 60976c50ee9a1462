/** A thread that appends one final report over a store of its own. */
import { workerData } from 'node:worker_threads'
import { connectObservationStore } from '#store'

await using store = connectObservationStore(workerData)
const rows = [1, 2].map(sequence => ({ metricName: 'loss', value: String(sequence), sequence }))
await store.append({ trialUid: 'trial-1', attempt: 0, stream: 's', rows, final: true })
