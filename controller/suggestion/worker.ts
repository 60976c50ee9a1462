/** The worker thread of the suggest pool: questions in, replies out, one at a time. Imports nothing but the search. */
import { parentPort } from 'node:worker_threads'
import { createPoolMemory, type Question, type Reply } from './pool-memory.ts'

/** From the pool to its worker. */
export type WorkerRequest =
  | { readonly is: 'question'; readonly question: Question }
  | { readonly is: 'forget'; readonly experimentUid: string }
  | { readonly is: 'end' }

/** From the worker to the pool; `ready` once, when all is imported. */
export type WorkerMessage = Reply | { readonly is: 'ready' } | { readonly is: 'error'; readonly message: string }

if (parentPort) {
  const port = parentPort
  const memory = createPoolMemory()
  port.on('message', async (request: WorkerRequest) => {
    if (request.is === 'forget') return memory.forget(request.experimentUid)
    if (request.is === 'end') return port.close()
    const reply = await memory.answer(request.question).catch(
      (reason: unknown): WorkerMessage => ({
        is: 'error',
        message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
      }),
    )
    port.postMessage(reply)
  })
  port.postMessage({ is: 'ready' } satisfies WorkerMessage)
}
