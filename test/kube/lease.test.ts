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
  return { namespace: 'kubeflow', name: 'qalam', identity, random: () => 0.5, log: () => {} }
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

  test('a candidate whose request gets no answer asks again', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    let asked = 0
    const hangingOnce: WritingClient['get'] = (ref, signal) => {
      asked += 1
      if (asked > 1) return client.get(ref)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    }
    let lease: Awaited<ReturnType<typeof acquireLease>> | undefined
    const options = { ...aCandidate('a'), client: { ...client, get: hangingOnce }, clock }
    void acquireLease(options, never).then(taken => {
      lease = taken
    })
    await clock.advance(9_000)
    expect(asked).toBe(1)
    await clock.advance(4_000)
    expect(lease?.isHeld()).toBe(true)
    await lease?.[Symbol.asyncDispose]()
  })

  test('candidates ask at their own moments, between half and one and a half of the interval', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    await using _holder = await acquireLease({ ...aCandidate('a'), client, clock }, never)
    const at: number[] = []
    const ending = new AbortController()
    const random = [0, 0.5, 0.999]
    const counting: WritingClient['get'] = (ref, signal) => {
      at.push(clock.monotonicMs())
      return client.get(ref, signal)
    }
    const draws = { random: () => random.shift() ?? 0.5 }
    const options = { ...aCandidate('b'), client: { ...client, get: counting }, clock, ...draws }
    const waiting = acquireLease(options, ending.signal).catch(() => {})
    await clock.advance(6_000)
    expect(at).toEqual([0, 1_000, 3_000, 5_998])
    ending.abort(new Error('enough'))
    await waiting
  })

  test("a holder's clock that is wrong by hours is not looked at", async () => {
    const clock = createFakeClock()
    const { client, server } = aServer()
    const ahead = createFakeClock('2031-01-01T00:00:00Z')
    await acquireLease({ ...aCandidate('ahead'), client, clock: ahead }, never)
    let taken = false
    void acquireLease({ ...aCandidate('b'), client, clock }, never).then(() => {
      taken = true
    })
    await clock.advance(14_000)
    await ahead.advance(2_000)
    await clock.advance(14_000)
    expect([taken, server.transitions()]).toEqual([false, 1])
    await clock.advance(6_000)
    expect(taken).toBe(true)
  })

  test('a label on the lease is no renewal, and a holder with a longer term is given it', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    const dead = { ...aCandidate('a'), client, clock, retryMs: 10 ** 9, durationMs: 30_000 }
    await acquireLease(dead, never)
    let takenMs = 0
    void acquireLease({ ...aCandidate('b'), client, clock }, never).then(() => {
      takenMs = clock.monotonicMs()
    })
    for (let s = 0; s < 40; s++) {
      await clock.advance(1_000)
      const lease = await client.get<Resource>({ apiVersion: 'v1', kind: 'Lease', name: 'qalam' })
      if (lease && takenMs === 0)
        await client.replace({ ...lease, metadata: { ...lease.metadata, labels: { at: String(s) } } })
    }
    expect(takenMs).toBeGreaterThanOrEqual(30_000)
    expect(takenMs).toBeLessThan(35_000)
  })

  test('a renewal that was written though its reply was lost does not cost the lease', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    let renewals = 0
    const replyLostOnce: WritingClient['replace'] = async resource => {
      const replaced = await client.replace(resource)
      renewals += 1
      if (renewals === 1) throw new Error('ECONNRESET')
      return replaced
    }
    const options = { ...aCandidate('a'), client: { ...client, replace: replyLostOnce }, clock }
    await using lease = await acquireLease(options, never)
    await clock.advance(30_000)
    expect([lease.isHeld(), renewals > 10]).toEqual([true, true])
  })

  test('is lost at once when it names another holder', async () => {
    const clock = createFakeClock()
    const { client } = aServer()
    const lease = await acquireLease({ ...aCandidate('a'), client, clock }, never)
    const current = await client.get<Resource>({ apiVersion: 'v1', kind: 'Lease', name: 'qalam' })
    await client.replace({ ...current!, spec: { holderIdentity: 'thief' } } as Resource)
    await clock.advance(2_000)
    expect(String(lease.held.reason)).toContain('another process holds the lease')
  })
})
