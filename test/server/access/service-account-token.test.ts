import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KubeRequest, Transport } from '#kube'
import { NamespacedReviews } from '#server'
import { createFakeClock } from '../../support/fake-clock.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid })
const ISSUER = 'https://cluster.example'
const NOW = Date.parse('2026-01-01T10:00:00Z') / 1_000

const claims = {
  iss: ISSUER,
  aud: ['qalam-store'],
  sub: 'system:serviceaccount:team:default',
  exp: NOW + 3_600,
  nbf: NOW - 10,
  'kubernetes.io': {
    namespace: 'team',
    pod: { name: 'tune-a-x', uid: 'pod-uid' },
    serviceaccount: { name: 'default', uid: 'account-uid' },
  },
}
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(change: object = {}, { alg = 'RS256', kid = 'one', key = rsa.privateKey } = {}): string {
  const signed = `${part({ alg, kid })}.${part({ ...claims, ...change })}`
  const hash = alg === 'RS256' ? 'RSA-SHA256' : 'SHA256'
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** A cluster that publishes two keys, knows jane's own token, and lets her list experiments. */
class Cluster implements Transport {
  readonly asked: string[] = []
  readonly #bearer: string | undefined

  constructor(bearer?: string) {
    this.#bearer = bearer
  }

  async send({ path, body }: KubeRequest) {
    this.asked.push(path)
    const [status, answer] = this.#answer(path, body as { spec: { user?: string } } | undefined)
    const text = JSON.stringify(answer)
    return { status, headers: {}, text: async () => text, async *chunks() {} }
  }

  #answer(path: string, body: { spec: { user?: string } } | undefined): [number, object] {
    if (path === '/.well-known/openid-configuration') return [200, { issuer: ISSUER }]
    if (path === '/openid/v1/jwks') return [200, { keys: [jwk(rsa.publicKey, 'one'), jwk(elliptic.publicKey, 'two')] }]
    if (path.endsWith('/selfsubjectreviews'))
      return this.#bearer === 'jane.s.token' ? [201, { status: { userInfo: { username: 'jane' } } }] : [401, {}]
    return [201, { status: { allowed: body?.spec.user === 'jane' } }]
  }
}

function reviews() {
  const cluster = new Cluster()
  const clock = createFakeClock(new Date(NOW * 1_000))
  const own = { transport: cluster, as: (bearer: string) => new Cluster(bearer), clock, namespace: 'team' }
  return { reviews: new NamespacedReviews(own), cluster, clock }
}

describe('a token for the store', () => {
  const two = { alg: 'ES256', kid: 'two', key: elliptic.privateKey }
  const rows = [
    { name: 'signed by the cluster', token: token(), isGood: true },
    { name: 'signed with an elliptic curve', token: token({}, two), isGood: true },
    { name: 'for several audiences', token: token({ aud: ['other', 'qalam-store'] }), isGood: true },
    { name: 'signed by somebody else', token: token({}, { ...two, key: stranger.privateKey }), isGood: false },
    { name: 'signed with a key that is not published', token: token({}, { ...two, kid: 'three' }), isGood: false },
    { name: 'not signed', token: `${part({ alg: 'none', kid: 'one' })}.${part(claims)}.`, isGood: false },
    { name: 'signed by another algorithm than it says', token: token({}, { alg: 'RS256', kid: 'two' }), isGood: false },
    { name: 'of another issuer', token: token({ iss: 'https://other.example' }), isGood: false },
    { name: 'past its time', token: token({ exp: NOW - 1 }), isGood: false },
    { name: 'before its time', token: token({ nbf: NOW + 60 }), isGood: false },
    { name: 'of a pod elsewhere', token: token({ sub: 'system:serviceaccount:other:default' }), isGood: false },
    {
      name: 'of an account elsewhere',
      token: token({
        sub: 'system:serviceaccount:other:default',
        'kubernetes.io': { ...claims['kubernetes.io'], namespace: 'other' },
      }),
      isGood: false,
    },
  ]
  test.each(rows)('$name: $isGood', async ({ token, isGood }) => {
    const { reviews: own, cluster } = reviews()
    const identity = await own.authenticate(token)
    const extra = {
      'authentication.kubernetes.io/pod-name': ['tune-a-x'],
      'authentication.kubernetes.io/pod-uid': ['pod-uid'],
    }
    if (isGood) expect(identity).toMatchObject({ username: claims.sub, isForStore: true, extra })
    else expect(identity).toBeUndefined()
    // Nobody is asked who that is.
    expect(cluster.asked.every(path => path.includes('open'))).toBe(true)
  })
})

test('any other token is shown to the API server it is for, which says whose it is', async () => {
  const { reviews: own } = reviews()
  expect(await own.authenticate('jane.s.token')).toEqual({ username: 'jane', isForStore: false })
  expect(await own.authenticate('forged')).toBeUndefined()
})

test('rights are reviewed in the one namespace; elsewhere nobody has any, and nobody is asked', async () => {
  const { reviews: own, cluster } = reviews()
  const right = { verb: 'list', group: 'kubeflow.org', resource: 'experiments' }
  expect(await own.allows({ username: 'jane' }, { ...right, namespace: 'team' })).toBe(true)
  expect(await own.allows({ username: 'joe' }, { ...right, namespace: 'team' })).toBe(false)
  const asked = cluster.asked.length
  expect(await own.allows({ username: 'jane' }, { ...right, namespace: 'other' })).toBe(false)
  expect(await own.allows({ username: 'jane' }, right)).toBe(false)
  expect(cluster.asked).toHaveLength(asked)
  expect(cluster.asked[0]).toBe('/apis/authorization.k8s.io/v1/namespaces/team/localsubjectaccessreviews')
})
