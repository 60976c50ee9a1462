/** Who may do what with a trial named tune-0 on Katib's wire of a cluster: by the address, or by a token. Written out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKatibWire, Reviews } from '#server'
import { createMemoryObservationStore, type ObservationStore } from '#store'
import { createFakeClock } from '../../support/fake-clock.ts'
import { Cluster } from '../cluster.ts'
import { aPeer, type Peer } from '../grpc-client.ts'
import { type At, CONTROLLER, readerOf, reviewer, tokenOf, trials, uidOf } from './tenants.ts'

type Code = keyof typeof codes
const codes = {
  OK: 'OK',
  DENIED: 'PERMISSION_DENIED',
  UNKNOWN: 'UNAUTHENTICATED',
  SEVERAL: 'FAILED_PRECONDITION',
  GONE: 'NOT_FOUND',
} as const

interface Row {
  readonly caller: string
  readonly at?: At
  readonly token?: string
  /** Report, SetTrialStatus, get, delete. */
  readonly codes: readonly [Code, Code, Code, Code]
  /** Whose trial the report counts for. */
  readonly of?: string
}

const A = uidOf('team-a', 'tune-0')
const B = uidOf('team-b', 'tune-0')

const byAddress: readonly Row[] = [
  { caller: 'its own pod', at: ['own'], codes: ['OK', 'OK', 'OK', 'UNKNOWN'], of: A },
  { caller: 'its own pod, about to run', at: ['starting'], codes: ['OK', 'OK', 'OK', 'UNKNOWN'], of: A },
  { caller: "team-b's pod of the same name", at: ['neighbour'], codes: ['OK', 'OK', 'OK', 'UNKNOWN'], of: B },
  { caller: 'a pod of another trial', at: ['sibling'], codes: ['DENIED', 'DENIED', 'OK', 'UNKNOWN'] },
  { caller: 'a pod of a trial that is gone', at: ['earlier'], codes: ['GONE', 'GONE', 'OK', 'UNKNOWN'] },
  { caller: "a pod of team-b that names team-a's trial", at: ['liar'], codes: ['DENIED', 'DENIED', 'OK', 'UNKNOWN'] },
  { caller: 'a pod of no trial', at: ['stranger'], codes: ['DENIED', 'DENIED', 'OK', 'UNKNOWN'] },
  { caller: 'a pod with a label alone', at: ['unmarked'], codes: ['DENIED', 'DENIED', 'OK', 'UNKNOWN'] },
  { caller: "its node's network", at: ['on-node-network'], codes: ['DENIED', 'DENIED', 'SEVERAL', 'UNKNOWN'] },
  { caller: 'its own pod, ended', at: ['ended'], codes: ['DENIED', 'DENIED', 'SEVERAL', 'UNKNOWN'] },
  { caller: 'an address of nobody', at: [], codes: ['DENIED', 'DENIED', 'SEVERAL', 'UNKNOWN'] },
  { caller: 'its own pod and one that has ended', at: ['ended', 'own'], codes: ['OK', 'OK', 'OK', 'UNKNOWN'], of: A },
]

const tokens: readonly Omit<Row, 'at' | 'token'>[] = [
  { caller: 'own', codes: ['OK', 'OK', 'OK', 'DENIED'], of: A },
  { caller: 'on-node-network', codes: ['OK', 'OK', 'OK', 'DENIED'], of: A },
  { caller: 'neighbour', codes: ['OK', 'OK', 'OK', 'DENIED'], of: B },
  { caller: 'sibling', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'earlier', codes: ['GONE', 'GONE', 'OK', 'DENIED'] },
  { caller: 'liar', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'replaced', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'wrong-namespace', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'unbound', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'for-the-api', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'for-a-vault', codes: ['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'] },
  { caller: 'deleted', codes: ['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'] },
  { caller: 'expired', codes: ['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'] },
  { caller: 'nobody', codes: ['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'] },
  { caller: 'reader', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'admin', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
  { caller: 'controller', codes: ['SEVERAL', 'SEVERAL', 'SEVERAL', 'SEVERAL'] },
  { caller: 'controller-for-the-api', codes: ['DENIED', 'DENIED', 'SEVERAL', 'DENIED'] },
]
const byToken = tokens.map((row): Row => ({ ...row, token: row.caller }))

/** By token, of team-a/tune-0 alone: rights decide where the name does not. */
const readers: readonly (readonly [caller: string, code: Code])[] = [
  ['reader', 'OK'],
  ['editor', 'OK'],
  ['admin', 'OK'],
  ['editor-of-team-b', 'DENIED'],
  ['sibling', 'DENIED'],
  ['neighbour', 'DENIED'],
  ['own', 'OK'],
  ['controller', 'OK'],
  ['expired', 'UNKNOWN'],
]

const metricLogs = [{ timeStamp: '2026-01-02T03:04:05Z', metric: { name: 'loss', value: '0.5' } }]

describe.each([
  ['by address', byAddress],
  ['by token', byToken],
])('%s', (_, rows) => {
  describe.each(rows)('$caller', ({ at = [], token, codes: [report, status, get, remove], of }) => {
    const world = aWire(at)
    test(`reports: ${report}`, async () => {
      expect(await world.ask('ReportObservationLog', { observationLog: { metricLogs } }, token)).toBe(codes[report])
      const told = await Promise.all(trials.map(({ metadata }) => world.observations.summary(metadata.uid)))
      expect(trials.filter((_each, i) => told[i]).map(({ metadata }) => metadata.uid)).toEqual(of ? [of] : [])
    })
    test(`says that it stopped early: ${status}`, async () => {
      expect(await world.ask('SetTrialStatus', {}, token)).toBe(codes[status])
      expect(world.stopped).toEqual(of ? [of] : [])
    })
    test(`reads: ${get}`, async () => {
      expect(await world.ask('GetObservationLog', {}, token)).toBe(codes[get])
    })
    test(`deletes: ${remove}`, async () => {
      expect(await world.ask('DeleteObservationLog', {}, token)).toBe(codes[remove])
    })
  })
})

describe('reading team-a/tune-0 by token', () => {
  const world = aWire([])
  test.each(readers)('%s: %s', async (caller, code) => {
    expect(await world.ask('GetObservationLog', { trialName: 'team-a/tune-0' }, caller)).toBe(codes[code])
  })
  test('only a controller deletes it', async () => {
    const ask = (caller: string) => world.ask('DeleteObservationLog', { trialName: 'team-a/tune-0' }, caller)
    expect(await ask('admin')).toBe('PERMISSION_DENIED')
    expect(await ask('controller')).toBe('OK')
  })
})

/** One server for the tests of a block, and what came of their calls. */
function aWire(at: At) {
  const running = new AsyncDisposableStack()
  const world = {
    stopped: [] as string[],
    observations: undefined as unknown as ObservationStore,
    async ask(method: string, request: object, token?: string): Promise<string> {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${tokenOf(token)}` }
      const reply = await peers.get(serviceOf(method))?.ask(method, { trialName: 'tune-0', ...request }, headers)
      return typeof reply === 'string' ? (reply.split(':')[0] ?? '') : 'OK'
    },
  }
  const peers = new Map<string, Peer>()
  beforeAll(async () => {
    const clock = createFakeClock()
    const cluster = new Cluster()
    cluster.trials.add(...trials)
    world.observations = createMemoryObservationStore({ now: () => new Date(0) })
    const wire = running.use(
      await openKatibWire({
        informers: cluster.informers,
        observations: world.observations,
        cluster: {
          reviews: new Reviews({ transport: reviewer({ isAway: false }), clock }),
          client: readerOf(at),
          clock,
          controllers: new Set([CONTROLLER]),
        },
        recordEarlyStop: async trial => void world.stopped.push(trial.metadata.uid ?? ''),
        log: () => {},
      }),
    )
    const { address } = await wire.listen(0)
    for (const service of ['DBManager', 'EarlyStopping'])
      peers.set(service, running.use(aPeer(address, `api.v1.beta1.${service}`)))
  })
  afterAll(() => running.disposeAsync())
  return world
}

const serviceOf = (method: string) => (method === 'SetTrialStatus' ? 'EarlyStopping' : 'DBManager')
