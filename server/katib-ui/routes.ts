/**
 * The back end of Katib's UI, under its paths. Answers are JSON even where they hold text; refusals are plain text.
 *
 * Katib looks at no method: here whatever changes something takes POST, PUT, PATCH or DELETE, so that no link on another site
 * can do it. What is not there is 404, not Katib's 500.
 */
import { z } from 'zod'
import type { Routes } from '../rest/context.ts'
import { Refusal } from '../rest/problem.ts'
import { architectureRoutes } from './architectures.ts'
import { callOf, type KatibUi, type UiRoute } from './call.ts'
import { experimentRoutes } from './experiments.ts'
import { resultRoutes } from './results.ts'
import { surroundingRoutes } from './surroundings.ts'
import { templateRoutes } from './templates.ts'

const TABLE: Readonly<Record<string, UiRoute>> = {
  ...experimentRoutes,
  ...resultRoutes,
  ...architectureRoutes,
  ...templateRoutes,
  ...surroundingRoutes,
}

export async function katibUiRoutes(app: Routes, ui: KatibUi, log: (line: string) => void): Promise<void> {
  app.setErrorHandler(async (cause, request, reply) => {
    const { status, message } = Refusal.from(cause)
    if (status >= 500) log(`${request.method} ${request.url}: ${cause instanceof Error ? cause.stack : cause}`)
    return reply.code(status).type('text/plain; charset=utf-8').send(message)
  })
  for (const [name, { writes, answer }] of Object.entries(TABLE)) {
    for (const url of [`/${name}`, `/${name}/`]) {
      app.route({
        url,
        method: writes ? ['POST', 'PUT', 'PATCH', 'DELETE'] : ['GET', 'HEAD', 'POST'],
        config: { checksRights: true },
        schema: { hide: true, querystring: z.looseObject({}) },
        async handler(request, reply) {
          const answered = await answer(callOf(ui, request))
          return answered === undefined ? reply.send() : reply.type('application/json').send(JSON.stringify(answered))
        },
      })
    }
  }
}
