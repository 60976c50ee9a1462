/**
 * The log of a trial's program as its own collector asks for it: of the pod that the token is bound to, with times, and to its
 * end. For programs whose output no shell of ours takes.
 */
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { ReadingClient } from '#kube'
import { InTrial, type Resources, type Routes } from './context.ts'
import { guardTrial } from './doorkeeper.ts'
import { Refusal } from './problem.ts'
import { queryOf } from './query.ts'

/** Each holds a connection to the API server and one to a node. */
const MAX_STREAMS = 200

const Since = queryOf({ since: z.iso.datetime({ offset: true }).optional() })

export function containerLogRoutes(app: Routes, resources: Resources, client: ReadingClient): void {
  let streamCount = 0
  app.get(
    '/namespaces/:namespace/trials/:trial/container-log',
    {
      config: { acceptsTrialToken: true },
      schema: { hide: true, params: InTrial.omit({ name: true }), querystring: Since },
    },
    async (request, reply) => {
      const { namespace, trial: name } = request.params
      const trial = resources.trials.get(namespace, name)
      if (trial === undefined) throw new Refusal(404, `no trial "${name}" in namespace ${namespace}`)
      const { podName } = guardTrial(request, trial.metadata)
      if (podName === undefined)
        throw new Refusal(403, 'a container log is for the collector beside that container; read .../logs instead')
      if (streamCount >= MAX_STREAMS) throw new Refusal(503, `${MAX_STREAMS} logs are read already; ask again`)
      streamCount++
      const gone = new AbortController()
      const leave = () => {
        if (!gone.signal.aborted) streamCount--
        gone.abort()
      }
      reply.raw.once('close', leave)
      const { since } = request.query
      const { primaryContainerName: container } = trial.spec
      const texts = client.logs(
        { namespace, name: podName },
        {
          follow: true,
          timestamps: true,
          ...(container === undefined ? {} : { container }),
          ...(since === undefined ? {} : { since: new Date(since) }),
        },
        gone.signal,
      )
      reply.type('text/plain; charset=utf-8').header('x-accel-buffering', 'no')
      // The first piece before the answer: a container that has not started is a refusal, not an empty log.
      const pieces = texts[Symbol.asyncIterator]()
      const first = await pieces.next()
      return reply.send(Readable.from(rest(first, pieces), { objectMode: false }))
    },
  )
}

async function* rest(first: IteratorResult<string>, pieces: AsyncIterator<string>): AsyncGenerator<string> {
  for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value
}
