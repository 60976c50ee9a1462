/**
 * The status server of Kubeflow Trainer (KEP-2779), for trials: what a program reports there about its progress is a push.
 *
 * A client never lets a refusal disturb the training, and reads at most the message of a Kubernetes Status.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { acceptJson } from './body.ts'
import { InTrial, type Routes } from './context.ts'
import { Refusal } from './problem.ts'
import type { ReceivePush } from './push.ts'

const TrainerStatus = z.object({
  trainerStatus: z.looseObject({
    progressPercentage: z.number().int().min(0).max(100).nullish(),
    estimatedRemainingSeconds: z.number().int().min(0).nullish(),
    /** Values are text that holds a number. */
    metrics: z
      .array(z.object({ name: z.string().min(1).max(253), value: z.union([z.number(), z.string().max(64)]) }))
      .max(256)
      .nullish(),
    /** RFC 3339; a status sent twice counts once. */
    lastUpdatedTime: z.iso.datetime({ offset: true }).nullish(),
  }),
})

/** The trial stands where its TrainJob would. */
export const trainerStatusPath = (namespace: string, trial: string) =>
  `/apis/trainer.kubeflow.org/v1alpha1/namespaces/${namespace}/trainjobs/${trial}/status`

/** On an instance of its own: its refusals have a form of their own. */
export function trainerStatusRoutes(app: Routes, receive: ReceivePush): void {
  // What Python's urllib says of any body unless it is told otherwise.
  acceptJson(app, 'application/x-www-form-urlencoded')
  app.setErrorHandler((cause, _request: FastifyRequest, reply: FastifyReply) => {
    const { status, message, more } = Refusal.from(cause)
    const problems = more.problems?.map(problem => `${problem.path}: ${problem.message}`) ?? []
    return reply.code(status).send({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: [message, ...problems].join('; '),
      code: status,
    })
  })
  app.post(
    trainerStatusPath(':namespace', ':trial'),
    {
      config: { acceptsTrialToken: true },
      schema: {
        tags: ['trials'],
        summary: 'Report progress and metrics as a TrainJob does',
        params: InTrial.omit({ name: true }),
        body: TrainerStatus,
        response: { 200: TrainerStatus },
      },
    },
    async request => {
      const { metrics, lastUpdatedTime } = request.body.trainerStatus
      const time = lastUpdatedTime ? { time: lastUpdatedTime } : {}
      await receive({ ...request.params, request, metrics: (metrics ?? []).map(metric => ({ ...metric, ...time })) })
      return request.body
    },
  )
}
