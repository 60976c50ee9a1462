/** The ingest thread: collectors run and append there, so that a trial that prints much never delays the controllers. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { attemptOf, TRIAL_UID_ANNOTATION } from '#api'
import type { BuiltInImage } from '#standalone'
import type { Collected, FromIngest, IngestData, PushedFile, ToIngest } from './ingest-worker.ts'

export interface Ingest extends AsyncDisposable {
  /** What runs for `COLLECTOR_IMAGE`. */
  readonly image: BuiltInImage
  /** Follows the file of a trial that reports by itself. Resolves when all of it is durable. */
  follow(file: PushedFile, log: (text: string) => void, ended: AbortSignal): Promise<void>
}

/** Rows live until their answer comes; they are not to be copied again and again meanwhile. Grows with what is read. */
const YOUNG_MB = 96

/** `onStopRules` marks a trial whose stopping rules have held, before its program is stopped. `onCrash` hears of a thread that ended by itself; containers that it served end with exit code 1. */
export function startIngest(
  data: IngestData & { onStopRules(trialUid: string): Promise<void> },
  onCrash: (error: Error) => void,
): Ingest {
  const { database, reportTimes } = data
  const worker = new Worker(new URL('./ingest-worker.ts', import.meta.url), {
    workerData: { database, reportTimes },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  })
  const running = new Map<
    number,
    { run: Collected | PushedFile; log(text: string): void; resolve(exitCode: number): void }
  >()
  let nextId = 0
  let closing = false
  worker.on('message', (message: FromIngest) => {
    const entry = running.get(message.id)
    if (message.is === 'log') entry?.log(message.text)
    else if (message.is === 'stop') {
      const heard = () => send({ is: 'heard', id: message.id })
      void data.onStopRules(entry?.run.trialUid ?? '').then(heard, error => {
        entry?.log(`the trial could not be marked as stopped: ${error.message}\n`)
        heard()
      })
    } else {
      running.delete(message.id)
      entry?.resolve(message.exitCode)
    }
  })
  worker.on('error', onCrash)
  worker.on('exit', code => {
    for (const { resolve } of running.values()) resolve(1)
    running.clear()
    if (!closing) onCrash(new Error(`the ingest thread ended with ${code}`))
  })
  const send = (message: ToIngest) => worker.postMessage(message)

  function start(run: Collected | PushedFile, log: (text: string) => void, ended: AbortSignal): Promise<number> {
    const id = nextId++
    const { promise, resolve } = Promise.withResolvers<number>()
    running.set(id, { run, log, resolve })
    send({ is: 'start', id, run })
    const end = () => send({ is: 'end', id })
    if (ended.aborted) end()
    else ended.addEventListener('abort', end, { once: true })
    return promise
  }

  return {
    image: ({ pod, containerName, args, env, mounts, log, terminate }) => {
      const trialUid = pod.annotations[TRIAL_UID_ANNOTATION] ?? ''
      const attempt = attemptOf(pod.creationTimestamp)
      // The container's own directory, which its restarts find again.
      const bookmark = env.TMPDIR === undefined ? {} : { bookmark: join(env.TMPDIR, 'place') }
      const stream = `${pod.uid}/${containerName}`
      return start({ args, mounts, trialUid, attempt, stream, ...bookmark }, log, terminate)
    },
    follow: async (file, log, ended) => void (await start(file, log, ended)),
    async [Symbol.asyncDispose]() {
      closing = true
      send({ is: 'close' })
      await new Promise(resolve => worker.once('exit', resolve))
    },
  }
}
