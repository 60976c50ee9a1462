/** The ingest thread: collectors run and append there, so that a trial that prints much never delays the controllers. */
import { Worker } from 'node:worker_threads'
import { TRIAL_UID_ANNOTATION } from '#api'
import type { BuiltInContainer, BuiltInImage } from '#standalone'
import type { FromIngest, IngestData, ToIngest } from './ingest-worker.ts'

export interface Ingest extends AsyncDisposable {
  /** What runs for `COLLECTOR_IMAGE`. */
  readonly image: BuiltInImage
}

/** `onCrash` hears of a thread that ended by itself; containers that it served end with exit code 1. */
export function startIngest(data: IngestData, onCrash: (error: Error) => void): Ingest {
  const worker = new Worker(new URL('./ingest-worker.ts', import.meta.url), { workerData: data })
  const running = new Map<number, { container: BuiltInContainer; resolve: (exitCode: number) => void }>()
  let nextId = 0
  let closing = false
  worker.on('message', (message: FromIngest) => {
    const entry = running.get(message.id)
    if (message.is === 'log') entry?.container.log(message.text)
    else {
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

  return {
    image: container => {
      const id = nextId++
      const { promise, resolve } = Promise.withResolvers<number>()
      running.set(id, { container, resolve })
      const { pod, containerName, args, mounts, terminate } = container
      send({
        is: 'start',
        id,
        args,
        mounts,
        trialUid: pod.annotations[TRIAL_UID_ANNOTATION] ?? '',
        // A replacement pod is made later than the one it replaces, by at least the second that Kubernetes' times resolve.
        attempt: Math.floor(Date.parse(pod.creationTimestamp) / 1_000),
        stream: `${pod.uid}/${containerName}`,
      })
      const end = () => send({ is: 'end', id })
      if (terminate.aborted) end()
      else terminate.addEventListener('abort', end, { once: true })
      return promise
    },
    async [Symbol.asyncDispose]() {
      closing = true
      send({ is: 'close' })
      await new Promise(resolve => worker.once('exit', resolve))
    },
  }
}
