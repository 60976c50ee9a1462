/** What a route of Katib's UI works with: its query and body, who asks, and the objects. */
import type { FastifyRequest } from 'fastify'
import { GROUP } from '#api'
import type { Clock } from '#kube'
import type { ObservationStore } from '#store'
import type { Right } from '../access/access-reviews.ts'
import { deniedSentence } from '../access/admit-as.ts'
import type { Resources } from '../rest/context.ts'
import { Refusal } from '../rest/problem.ts'
import type { experimentWrites } from '../rest/write.ts'

export interface KatibUi {
  readonly resources: Resources
  readonly client: Parameters<typeof experimentWrites>[0]
  readonly observations: ObservationStore
  readonly clock: Clock
  /** Where Katib's own ConfigMaps are; everybody reads templates there. */
  readonly coreNamespace: string
  /** Nothing of any other namespace is looked at. */
  readonly isNamespaced?: boolean
}

export interface UiCall extends KatibUi {
  /** Throws 400 where it is missing. */
  query(name: string): string
  /** A text of the body; 400 where it is missing. */
  field(name: string): string
  /** From the query, or a field of the body, under the first of the names. */
  anywhere(...names: readonly string[]): string
  readonly body: Readonly<Record<string, unknown>>
  may(right: Right): Promise<boolean>
  /** Throws 403. */
  need(right: Right): Promise<void>
}

/** Answers with what is sent as JSON; `undefined` is an empty body. */
export interface UiRoute {
  /** Whoever only follows a link changes nothing. */
  readonly writes?: true
  answer(call: UiCall): Promise<unknown>
}

export function callOf(ui: KatibUi, request: FastifyRequest): UiCall {
  const query = (request.query ?? {}) as Readonly<Record<string, unknown>>
  const body = typeof request.body === 'object' && request.body !== null ? request.body : {}
  const { asker } = request
  const may = async (right: Right) => asker === undefined || asker.may(right)
  return {
    ...ui,
    body: body as Readonly<Record<string, unknown>>,
    query: name => textIn(query, name, 'query parameter'),
    field: name => textIn(body as Readonly<Record<string, unknown>>, name, 'field of the body'),
    anywhere: (...names) => {
      const name = names.find(each => each in query || each in body) ?? names[0] ?? ''
      return textIn({ ...body, ...query }, name, 'query parameter')
    },
    may,
    async need(right) {
      if (!(await may(right))) throw new Refusal(403, deniedSentence(asker?.username ?? '', right))
    },
  }
}

/** On one of our kinds. */
export const onKatib = (verb: string, resource: string, namespace: string, name?: string): Right => ({
  ...{ verb, group: GROUP, resource, namespace },
  ...(name === undefined ? {} : { name }),
})

export const onCore = (verb: string, resource: string, namespace: string, name?: string): Right => ({
  ...{ verb, group: '', resource, namespace },
  ...(name === undefined ? {} : { name }),
})

function textIn(values: Readonly<Record<string, unknown>>, name: string, what: string): string {
  const value = values[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal(400, `expected the ${what} ${name}, got nothing`)
}
