import { describe, expect, test } from 'vitest'
import { ApiError, type Resource } from '#api'
import { acquireLease, fenced, type LeaseOptions, type WritingClient } from '#kube'
import { createFakeClock } from '../support/fake-clock.ts'

/** One Lease object with compare-and-swap; `fails` makes every request fail, as a server that is away. */
function aServer() {
  let stored: Resource | undefined
  const server = {
    fails: false,
    transitions: () => (stored as { spec?: { leaseTransitions?: number } } | undefined)?.spec?.leaseTransitions,
  }
  const reach = () => {
    if (server.fails) throw new Error('ECONNREFUSED')
  }
  const put = <T extends Resource>(resource: T): T => {
    const version = String(Number(stored?.metadata.resourceVersion ?? 0) + 1)
    stored = { ...resource, metadata: { ...resource.metadata, resourceVersion: version } }
    return stored as T
  }
  const client: Pick<WritingClient, 'get' | 'create' | 'replace'> = {
    async get<T extends Resource>() {
      reach()
      return stored as T | undefined
    },
    async create(resource) {
      reach()
      if (stored) throw new ApiError(409, 'AlreadyExists', 'exists')
      return put(resource)
    },
    async replace(resource) {
      reach()
      if (stored?.metadata.resourceVersion !== resource.metadata.resourceVersion)
        throw new ApiError(409, 'Conflict', 'changed')
      return put(resource)
    },
  }
  // The lease uses these three calls alone.
  return { ...server, client: client as WritingClient, server }
}

function aCandidate(identity: string) {
  return { namespace: 'kubeflow', name: 'qalam', identity, log: () => {} }
}

const spec = (resource: Resource) => (resource as Resource & { spec: { holderIdentity: string } }).spec
const never = new AbortController().signal

describe('a lease', () => {
  test('is held by one candidate, and by the next as soon as it is released', async () => {
    const clock = createFakeClock()
    const { client, server } = aServer()
    const first = await acquireLease({ ...aCandidate('a'), client, clock }, never)
    let second: Awaited<ReturnType<typeof acquireLease>> | undefined
    void acquireLease({ ...aCandidate('b'), client, clock }, never).then(lease => {
      second = lease
    })
    await clock.advance(60_000)
    expect([first.isHeld(), second]).toEqual([true, undefined])
    await first[Symbol.asyncDispose]()
    await clock.advance(2_000)
    expect([first.isHeld(), second?.isHeld(), server.transitions()]).toEqual([false, true, 2])
    await second?.[Symbol.asyncDispose]()
  })

  test('is released also while a renewal is under way that the server has written', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    const replyLost: WritingClient['replace'] = async (resource, subresource, signal) => {
      const replaced = await client.replace(resource, subresource)
      if ('renewTime' in spec(resource) && spec(resource).holderIdentity === 'a' && signal)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return replaced
    }
    const first = await acquireLease({ ...aCandidate('a'), client: { ...client, replace: replyLost }, clock }, never)
    await clock.advance(2_000)
    await first[Symbol.asyncDispose]()
    await using second = await acquireLease({ ...aCandidate('b'), client, clock }, never)
    expect([second.isHeld(), clock.monotonicMs()]).toEqual([true, 2_000])
  })

  test('passes on 15 s after the last renewal of a holder that died', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    const dead: LeaseOptions = { ...aCandidate('a'), client, clock, retryMs: 10 ** 9 }
    await acquireLease(dead, never)
    let taken = false
    void acquireLease({ ...aCandidate('b'), client, clock }, never).then(() => {
      taken = true
    })
    await clock.advance(14_000)
    expect(taken).toBe(false)
    await clock.advance(3_000)
    expect(taken).toBe(true)
  })

  test('is lost 10 s after the server went away, before anybody else may take it', async () => {
    const clock = createFakeClock()
    const { client, server } = aServer()
    const lease = await acquireLease({ ...aCandidate('a'), client, clock }, never)
    await clock.advance(4_000)
    server.fails = true
    await clock.advance(9_000)
    expect(lease.held.aborted).toBe(false)
    await clock.advance(3_000)
    expect(lease.held.aborted).toBe(true)
  })

  test.each([
    ['the machine slept', (clock: ReturnType<typeof createFakeClock>) => clock.leap(20_000)],
    [
      'the monotonic clock stood still while the wall clock went on',
      (clock: ReturnType<typeof createFakeClock>) => clock.setWallBy(20_000),
    ],
  ])('%s: a zombie cannot write any more, before any timer told it', async (_, pause) => {
    const clock = createFakeClock()
    const { client } = aServer()
    const lease = await acquireLease({ ...aCandidate('a'), client, clock }, never)
    const sent: string[] = []
    const transport = fenced(
      {
        async send(request) {
          sent.push(request.method)
          return { status: 200, headers: {}, text: async () => '', chunks: async function* () {} }
        },
      },
      lease,
    )
    await transport.send({ method: 'PATCH', path: '/' })
    pause(clock)
    await expect(transport.send({ method: 'PATCH', path: '/' })).rejects.toThrow('the lease is over')
    await transport.send({ method: 'GET', path: '/' })
    expect(sent).toEqual(['PATCH', 'GET'])
  })

  test('is lost in time though its renewal hangs', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    const hanging: WritingClient['replace'] = (_resource, _subresource, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const lease = await acquireLease({ ...aCandidate('a'), client: { ...client, replace: hanging }, clock }, never)
    await clock.advance(9_000)
    expect(lease.held.aborted).toBe(false)
    await clock.advance(2_000)
    expect(lease.held.aborted).toBe(true)
  })

  test('waiting for it can be given up', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    await acquireLease({ ...aCandidate('a'), client, clock }, never)
    const giving = new AbortController()
    const waiting = acquireLease({ ...aCandidate('b'), client, clock }, giving.signal)
    await clock.flush()
    giving.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
