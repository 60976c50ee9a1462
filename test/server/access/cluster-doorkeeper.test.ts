import { expect, test } from 'vitest'
import { STORE_AUDIENCE } from '#api'
import type { KubeRequest, Transport } from '#kube'
import { clusterDoorkeeper, Reviews } from '#server'
import { createFakeClock } from '../../support/fake-clock.ts'
import { anExperiment, aTrial, Cluster } from '../cluster.ts'

const CONTROLLER = 'system:serviceaccount:kubeflow:qalam-controller'
const experiments = '/api/v1/namespaces/team-a/experiments'

/** A token as it looks; only the review says what it is worth. */
const tokenFor = (name: string, audience?: string) =>
  `x.${Buffer.from(JSON.stringify({ name, ...(audience ? { aud: [audience] } : {}) })).toString('base64url')}.${name}`

const known: Readonly<Record<string, object>> = {
  reader: { username: 'reader', groups: ['team'] },
  controller: { username: CONTROLLER },
}

interface TokenSpec {
  readonly token: string
  readonly audiences?: readonly string[]
}
interface RightSpec {
  readonly user: string
  readonly resourceAttributes: Readonly<Record<'verb' | 'resource', string>> & {
    readonly subresource?: string
    readonly namespace?: string
  }
}

/** The API server's two answers. */
class ReviewingServer implements Transport {
  readonly asked: string[] = []
  readonly mayDo = new Set<string>()
  isAway = false

  async send({ path, body }: KubeRequest) {
    if (this.isAway) throw new Error('no answer')
    const { spec } = body as { spec: TokenSpec & RightSpec }
    const status = path.endsWith('/tokenreviews') ? this.#tokenOf(spec) : this.#rightOf(spec)
    const text = JSON.stringify({ spec, status })
    return { status: 201, headers: {}, text: async () => text, async *chunks() {} }
  }

  #tokenOf({ token, audiences }: TokenSpec) {
    const name = token.split('.')[2] ?? ''
    this.asked.push(`token ${name}`)
    const user = known[name]
    return user ? { authenticated: true, user, ...(audiences ? { audiences } : {}) } : { authenticated: false }
  }

  #rightOf({ user, resourceAttributes }: RightSpec) {
    const { verb, resource, subresource, namespace = '*' } = resourceAttributes
    const right = `${user} ${verb} ${[resource, subresource].filter(Boolean).join('/')} ${namespace}`
    this.asked.push(right)
    return { allowed: this.mayDo.has(right) }
  }
}

async function serving() {
  const api = new ReviewingServer()
  const clock = createFakeClock()
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(aTrial('tune', 0, '0.5'))
  const reviews = new Reviews({ transport: api, clock })
  const doorkeeper = clusterDoorkeeper({ reviews, client: cluster.client, clock, controllers: new Set([CONTROLLER]) })
  const server = await cluster.serve({ doorkeeper, servesControllers: true })
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, token?: string, body?: object) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await server.inject({ method, url, headers, ...(body ? { payload: body } : {}) })).statusCode
  }
  return { api, clock, ask }
}

test.each([
  { method: 'GET', url: experiments, right: 'list experiments team-a' },
  { method: 'GET', url: '/api/v1/experiments', right: 'list experiments *' },
  { method: 'GET', url: `${experiments}/tune`, right: 'get experiments team-a' },
  { method: 'GET', url: `${experiments}/tune/best`, right: 'get experiments team-a' },
  { method: 'GET', url: `${experiments}/tune/trials`, right: 'list trials team-a' },
  { method: 'GET', url: `${experiments}/tune/trials/tune-0`, right: 'get trials team-a' },
  { method: 'GET', url: `${experiments}/tune/trials/tune-0/logs`, right: 'get pods/log team-a' },
  { method: 'POST', url: `${experiments}/tune:stop`, right: 'patch experiments team-a' },
  { method: 'DELETE', url: `${experiments}/tune`, right: 'delete experiments team-a' },
  { method: 'GET', url: '/metrics', right: 'list experiments *' },
] as const)('$method $url takes the right to $right', async ({ method, url, right }) => {
  const { api, ask, clock } = await serving()
  expect(await ask(method, url, tokenFor('reader'))).toBe(403)
  expect(api.asked).toEqual(['token reader', `reader ${right}`])
  api.mayDo.add(`reader ${right}`)
  clock.leap(2_001)
  expect(await ask(method, url, tokenFor('reader'))).not.toBe(403)
})

test('creating takes the right to create, and says what is missing', async () => {
  const { ask, api } = await serving()
  expect(await ask('POST', experiments, tokenFor('reader'), anExperiment('other'))).toBe(403)
  expect(api.asked.at(-1)).toBe('reader create experiments team-a')
})

test('without a token, or with one that the cluster does not know, nobody passes; liveness needs none', async () => {
  const { ask } = await serving()
  expect(await ask('GET', experiments)).toBe(401)
  expect(await ask('GET', experiments, tokenFor('stranger'))).toBe(401)
  expect(await ask('GET', '/healthz')).toBe(200)
})

test('observations are for controllers, with a token that was made for the store', async () => {
  const { ask } = await serving()
  const summaries = { trialUids: [] }
  const path = '/observations/v1/summaries'
  expect(await ask('POST', path, tokenFor('controller', STORE_AUDIENCE), summaries)).toBe(200)
  expect(await ask('POST', path, tokenFor('controller'), summaries)).toBe(403)
  expect(await ask('POST', path, tokenFor('reader', STORE_AUDIENCE), summaries)).toBe(403)
})

test('answers are kept for a while and no longer: a minute for who it is, ten seconds for what he may', async () => {
  const { api, ask, clock } = await serving()
  api.mayDo.add('reader list experiments team-a')
  const again = () => ask('GET', experiments, tokenFor('reader'))
  for (let i = 0; i < 3; i++) expect(await again()).toBe(200)
  expect(api.asked).toHaveLength(2)
  clock.leap(10_001)
  api.mayDo.clear()
  expect(await again()).toBe(403)
  clock.leap(50_000)
  await again()
  expect(api.asked.filter(each => each.startsWith('token'))).toHaveLength(2)
})

test('an API server that is away is 503, which is not kept', async () => {
  const { api, ask } = await serving()
  api.isAway = true
  expect(await ask('GET', experiments, tokenFor('reader'))).toBe(503)
  api.isAway = false
  api.mayDo.add('reader list experiments team-a')
  expect(await ask('GET', experiments, tokenFor('reader'))).toBe(200)
})
