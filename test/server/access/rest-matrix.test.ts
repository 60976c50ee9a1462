/** Who may do what with trial team-a/tune-0 over REST: each caller with each request, written out. */
import { describe, expect, test } from 'vitest'
import type { ReadingClient } from '#kube'
import { clusterDoorkeeper, Reviews } from '#server'
import { createFakeClock } from '../../support/fake-clock.ts'
import { anExperiment, Cluster } from '../cluster.ts'
import { CONTROLLER, readerOf, reviewer, tokenOf, trials } from './tenants.ts'

const trial = '/api/v1/namespaces/team-a/trials/tune-0'
const ofExperiment = '/api/v1/namespaces/team-a/experiments/tune'
const row = { metricName: 'loss', value: '0.5', sequence: 0 }

const requests = {
  push: { method: 'POST', url: `${trial}/metrics`, payload: { metrics: [{ name: 'loss', value: 0.5 }] } },
  report: { method: 'POST', url: `${trial}/reports`, payload: { stream: 's', rows: [row] } },
  read: { method: 'GET', url: `${ofExperiment}/trials/tune-0` },
  log: { method: 'GET', url: `${ofExperiment}/trials/tune-0/logs` },
  relay: { method: 'GET', url: `${trial}/container-log` },
  delete: { method: 'DELETE', url: ofExperiment },
  append: {
    method: 'POST',
    url: '/observations/v1/append',
    payload: { trialUid: trials[0].metadata.uid, attempt: 1, stream: 's', rows: [row] },
  },
} as const
type Asked = keyof typeof requests

/** Status codes, in the order of the requests. */
const table: readonly (readonly [
  caller: string,
  ...codes: [number, number, number, number, number, number, number],
])[] = [
  //                          push report read log relay delete append
  ['own', 200, 200, 403, 403, 200, 403, 403],
  ['sibling', 403, 403, 403, 403, 403, 403, 403],
  ['neighbour', 403, 403, 403, 403, 403, 403, 403],
  ['earlier', 403, 403, 403, 403, 403, 403, 403],
  ['liar', 403, 403, 403, 403, 403, 403, 403],
  ['renamed', 403, 403, 403, 403, 403, 403, 403],
  ['stranger', 403, 403, 403, 403, 403, 403, 403],
  ['unmarked', 403, 403, 403, 403, 403, 403, 403],
  // A token says which pod it is, whatever network that is in.
  ['on-node-network', 200, 200, 403, 403, 200, 403, 403],
  ['replaced', 403, 403, 403, 403, 403, 403, 403],
  ['wrong-namespace', 403, 403, 403, 403, 403, 403, 403],
  ['unbound', 403, 403, 403, 403, 403, 403, 403],
  ['deleted', 401, 401, 401, 401, 401, 401, 401],
  ['expired', 401, 401, 401, 401, 401, 401, 401],
  ['for-the-api', 403, 403, 403, 403, 403, 403, 403],
  ['for-a-vault', 401, 401, 401, 401, 401, 401, 401],
  ['reader', 403, 403, 200, 403, 403, 403, 403],
  ['editor', 200, 200, 200, 403, 403, 202, 403],
  ['editor-of-team-b', 403, 403, 403, 403, 403, 403, 403],
  ['admin', 200, 200, 200, 200, 403, 202, 403],
  ['controller', 403, 403, 403, 403, 403, 403, 200],
  ['controller-for-the-api', 403, 403, 403, 403, 403, 403, 403],
  ['nobody', 401, 401, 401, 401, 401, 401, 401],
  ['', 401, 401, 401, 401, 401, 401, 401],
]

async function serving() {
  const state = { isAway: false }
  const clock = createFakeClock()
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(...trials)
  cluster.tails.set(trials[0].metadata.uid, 'loss=0.5\n')
  const pods: ReadingClient = readerOf([])
  const reviews = new Reviews({ transport: reviewer(state), clock })
  const doorkeeper = clusterDoorkeeper({ reviews, client: pods, clock, controllers: new Set([CONTROLLER]) })
  const server = await cluster.serve({ doorkeeper, servesControllers: true })
  const ask = async (caller: string, asked: Asked) => {
    const headers = caller === '' ? {} : { authorization: `Bearer ${tokenOf(caller)}` }
    return (await server.inject({ ...requests[asked], headers })).statusCode
  }
  return { ask, cluster, clock, state }
}

describe.each(table)('%s', (caller, ...codes) => {
  test.each(Object.keys(requests).map((asked, i) => [asked as Asked, codes[i]] as const))(
    '%s: %i',
    async (asked, code) => {
      const { ask, cluster } = await serving()
      expect(await ask(caller, asked)).toBe(code)
      const isTold = code === 200 && /^(push|report|append)$/.test(asked)
      expect(cluster.reports.map(({ trialUid }) => trialUid)).toEqual(isTold ? [trials[0].metadata.uid] : [])
      expect(cluster.writes).toHaveLength(code === 202 ? 1 : 0)
    },
  )
})

test("another namespace's trial of the same name is told by its own pod alone", async () => {
  const { ask, cluster } = await serving()
  expect(await ask('neighbour', 'push')).toBe(403)
  expect(cluster.reports).toEqual([])
})

test.each(Object.keys(requests) as Asked[])(
  'while the API server is away %s is 503, and nobody passes',
  async asked => {
    const { ask, cluster, state } = await serving()
    state.isAway = true
    expect(await ask('own', asked)).toBe(503)
    expect(cluster.reports).toEqual([])
  },
)

test('who wrote, or wanted to, is in the log, each once; readers and trials are not', async () => {
  const { ask, cluster } = await serving()
  for (const [caller, asked] of [
    ['editor', 'delete'],
    ['reader', 'delete'],
    ['reader', 'read'],
    ['own', 'report'],
    ['controller', 'append'],
    ['nobody', 'delete'],
  ] as const)
    await ask(caller, asked)
  expect(cluster.lines).toEqual([
    expect.stringMatching(/editor\S* DELETE \/api\/v1\/namespaces\/team-a\/experiments\/tune: 202$/),
    expect.stringMatching(/reader\S* DELETE \/api\/v1\/namespaces\/team-a\/experiments\/tune: 403$/),
  ])
})
