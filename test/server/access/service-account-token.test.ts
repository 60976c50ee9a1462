import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { type TokenIssuer, verifiedIdentity } from '../../../server/access/service-account-token.ts'

const NOW = new Date('2026-01-01T10:00:00Z')
const seconds = NOW.getTime() / 1_000
const audience = 'store'
const pod = { name: 'a-1', uid: 'pod-uid' }
const claims = {
  iss: 'https://cluster',
  sub: 'system:serviceaccount:team:default',
  aud: [audience],
  nbf: seconds - 10,
  exp: seconds + 10,
  'kubernetes.io': { namespace: 'team', pod, serviceaccount: { name: 'default', uid: 'account-uid' } },
}
let issuer: TokenIssuer
let sign: (claims: JWTPayload, kid?: string) => Promise<string>
let stranger: CryptoKey

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  stranger = (await generateKeyPair('ES256')).privateKey
  issuer = { issuer: claims.iss, keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
  sign = (payload, kid = 'one') => new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
})

const known = (token: string) => verifiedIdentity(token, issuer, { audience, now: NOW })
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a good token is who a TokenReview would say', async () => {
  expect(await known(await sign(claims))).toEqual({
    username: claims.sub,
    uid: 'account-uid',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:team', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/pod-name': ['a-1'], 'authentication.kubernetes.io/pod-uid': ['pod-uid'] },
    isForStore: true,
  })
})

test.each([
  ['another issuer', { iss: 'https://elsewhere' }],
  ['another audience', { aud: ['api'] }],
  ['no audience', { aud: undefined }],
  ['its time is over', { exp: seconds }],
  ['no end', { exp: undefined }],
  ['its time is to come', { nbf: seconds + 1 }],
  ['the name of another account', { sub: 'system:serviceaccount:team:other' }],
  ['the name of another namespace', { sub: 'system:serviceaccount:other:default' }],
  ['no account', { 'kubernetes.io': { namespace: 'team' } }],
  ['a person', { sub: 'admin', 'kubernetes.io': undefined }],
])('%s: it is nobody', async (_, other) => {
  expect(await known(await sign({ ...claims, ...other } as JWTPayload))).toBeUndefined()
})

test('what the cluster has not signed is nobody', async () => {
  const good = await sign(claims)
  const [head = '', body = '', signature = ''] = good.split('.')
  const unsigned = `${encoded({ alg: 'none', kid: 'one' })}.${body}.`
  const symmetric = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(Buffer.from(JSON.stringify(issuer.keys[0])))
  const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(stranger)
  const changed = `${head}.${encoded({ ...claims, sub: 'system:serviceaccount:team:other' })}.${signature}`
  const tokens = [unsigned, symmetric, forged, changed, await sign(claims, 'two'), `${good}.more`, 'word', 'a.b.c', '']
  for (const token of tokens) expect(await known(token), token).toBeUndefined()
})
