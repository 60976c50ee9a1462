/** The code of the ingest thread: one collector per container or file, all over one connection pool. */
import { parentPort, workerData } from 'node:worker_threads'
import { type CollectorRun, type PushFileRun, runCollector, runPushFile, type Sink } from '#collector'
import { systemClock } from '#kube'
import { connectObservationStore, type DatabaseConfig } from '#store'
import { ReportTimes } from './report-times.ts'

export interface IngestData {
  readonly database: DatabaseConfig
  /** Of `ReportTimes`, which this thread writes. */
  readonly reportTimes: SharedArrayBuffer
}
export type Collected = Pick<CollectorRun, 'args' | 'mounts' | 'trialUid' | 'attempt' | 'stream' | 'bookmark'>
export type PushedFile = Pick<PushFileRun, 'path' | 'objective' | 'trialUid' | 'attempt' | 'stream' | 'bookmark'>
export type ToIngest =
  | { readonly is: 'start'; readonly id: number; readonly run: Collected | PushedFile }
  | { readonly is: 'end'; readonly id: number }
  /** The trial is marked as stopped by its rules. */
  | { readonly is: 'heard'; readonly id: number }
  | { readonly is: 'close' }
export type FromIngest =
  | { readonly is: 'log'; readonly id: number; readonly text: string }
  /** The stopping rules of its trial have held; the answer is `heard`. */
  | { readonly is: 'stop'; readonly id: number }
  | { readonly is: 'exit'; readonly id: number; readonly exitCode: number }

const { database, reportTimes } = workerData as IngestData
const store = await connectObservationStore(database)
const times = new ReportTimes(reportTimes)
const sink: Sink = {
  async report(report) {
    const began = performance.now()
    await store.append(report)
    times.observe((performance.now() - began) / 1_000)
  },
}
const ends = new Map<number, AbortController>()
const stops = new Map<number, () => void>()
const say = (message: FromIngest) => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToIngest) => {
  switch (message.is) {
    case 'start': {
      const { id, run } = message
      const ended = new AbortController()
      ends.set(id, ended)
      const place = {
        ended: ended.signal,
        sink,
        clock: systemClock,
        log: (text: string) => say({ is: 'log', id, text }),
      }
      const onStopRules = () => {
        say({ is: 'stop', id })
        return new Promise<void>(resolve => stops.set(id, resolve))
      }
      const done =
        'args' in run
          ? runCollector({ ...run, ...place, onStopRules })
          : runPushFile({ ...run, ...place }).then(() => 0)
      done
        .catch((error: Error) => {
          say({ is: 'log', id, text: `${error.message}\n` })
          return 1
        })
        .then(exitCode => {
          ends.delete(id)
          stops.delete(id)
          say({ is: 'exit', id, exitCode })
        })
      return
    }
    case 'end':
      ends.get(message.id)?.abort()
      return
    case 'heard':
      stops.get(message.id)?.()
      return
    case 'close':
      // Collectors of trials that go on are cut off here; the next start reads their files again from where the store is.
      void store[Symbol.asyncDispose]().then(() => process.exit(0))
  }
})
