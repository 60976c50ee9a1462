import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { httpsTransport, kubeconfigTransport } from '#kube'
import { createFakeClock } from '../support/fake-clock.ts'

// Loading it takes most of the second that a test has.
beforeAll(() => import('@kubernetes/client-node'))

let folder: string
let server: Server
let url: string
let asked: IncomingMessage[]
let connectionCount: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qalam-kubeconfig-'))
  asked = []
  connectionCount = 0
  server = createServer((request, response) => {
    asked.push(request)
    if (request.url === '/unauthorized') response.statusCode = 401
    if (request.url?.includes('watch')) response.write('{}\n')
    else response.end('{}')
  })
  server.on('connection', () => {
    connectionCount += 1
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

/** JSON is YAML. */
function aKubeconfig(user: object, cluster: object = {}): string {
  const path = join(folder, 'kubeconfig')
  const config = {
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'team' } },
      { name: 'two', context: { cluster: 'c' } },
    ],
    clusters: [{ name: 'c', cluster: { server: url, ...cluster } }],
    users: [{ name: 'u', user }],
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

async function get(transport: Awaited<ReturnType<typeof kubeconfigTransport>>, path = '/version') {
  await (await transport.send({ method: 'GET', path })).text()
  return asked.at(-1)!.headers
}

/** kubectl's contract: a command prints the credential. Plain HTTP needs the switch. */
function withPlugin(): string {
  const status = { token: 'printed', expirationTimestamp: '2100-01-01T00:00:00Z' }
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }
  const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [JSON.stringify(credential)] }
  return aKubeconfig({ exec }, { 'insecure-skip-tls-verify': true })
}

test('an exec plugin prints the token', async () => {
  await using transport = await kubeconfigTransport(withPlugin())
  expect(transport).toMatchObject({ server: url, namespace: 'team' })
  expect((await get(transport)).authorization).toBe('Bearer printed')
})

test('a user is impersonated', async () => {
  const path = aKubeconfig({ token: 'abc', as: 'somebody' }, { 'insecure-skip-tls-verify': true })
  await using transport = await kubeconfigTransport(path)
  const headers = await get(transport)
  expect([headers.authorization, headers['impersonate-user']]).toEqual(['Bearer abc', 'somebody'])
})

test('a context that is not there is an error that names the file', async () => {
  const path = aKubeconfig({ token: 'abc' })
  await expect(kubeconfigTransport(path, 'three')).rejects.toThrow(`${path} names no cluster`)
})

test('the context names server, namespace and token', async () => {
  await using transport = await kubeconfigTransport(aKubeconfig({ token: 'abc' }))
  expect(transport).toMatchObject({ server: url, namespace: 'team' })
  expect((await get(transport)).authorization).toBe('Bearer abc')
})

test('another context: without a user nothing is claimed', async () => {
  await using transport = await kubeconfigTransport(aKubeconfig({ token: 'abc' }), 'two')
  expect(transport.namespace).toBeUndefined()
  expect((await get(transport)).authorization).toBeUndefined()
})

test('a token file, relative to the kubeconfig, is read again after ten seconds, or at once when it is refused', async () => {
  const clock = createFakeClock()
  await using transport = await kubeconfigTransport(aKubeconfig({ tokenFile: 'token' }), undefined, clock)
  writeFileSync(join(folder, 'token'), 'first\n')
  expect((await get(transport)).authorization).toBe('Bearer first')
  writeFileSync(join(folder, 'token'), 'second\n')
  expect((await get(transport)).authorization).toBe('Bearer first')
  await clock.advance(10_000)
  expect((await get(transport)).authorization).toBe('Bearer second')
  writeFileSync(join(folder, 'token'), 'third\n')
  await get(transport, '/unauthorized')
  expect((await get(transport)).authorization).toBe('Bearer third')
})

test('a name and a password are basic authentication', async () => {
  await using transport = await kubeconfigTransport(aKubeconfig({ username: 'me', password: 'pass:word' }))
  expect((await get(transport)).authorization).toBe(`Basic ${Buffer.from('me:pass:word').toString('base64')}`)
})

test.each([
  { name: 'a URL', open: () => httpsTransport({ server: url }) },
  { name: 'a kubeconfig with an exec plugin', open: () => kubeconfigTransport(withPlugin()) },
  { name: 'a kubeconfig', open: () => kubeconfigTransport(aKubeconfig({ token: 'abc' })) },
])('$name: connections are kept, and open watches hold up nobody', async ({ open }) => {
  await using transport = await open()
  for (let i = 0; i < 10; i++) {
    await (await transport.send({ method: 'GET', path: '/version' })).text()
    await (await transport.send({ method: 'DELETE', path: '/pods/a', body: {} })).text()
  }
  // A pool may open a second connection while the first one's reply is still being read.
  expect(connectionCount).toBeLessThanOrEqual(2)
  const ending = new AbortController()
  const watches = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const response = await transport.send({ method: 'GET', path: '/pods?watch=true', signal: ending.signal })
      const chunks = response.chunks()[Symbol.asyncIterator]()
      await chunks.next()
      return chunks
    }),
  )
  await (await transport.send({ method: 'GET', path: '/version' })).text()
  expect(connectionCount).toBeGreaterThan(20)
  ending.abort(new Error('enough'))
  for (const chunks of watches) await expect(chunks.next()).rejects.toThrow('enough')
})

test('who sends no body says no content type', async () => {
  await using transport = httpsTransport({ server: url })
  await (await transport.send({ method: 'GET', path: '/version' })).text()
  expect(asked.at(-1)!.headers['content-type']).toBeUndefined()
  await (await transport.send({ method: 'POST', path: '/version', body: '{}' })).text()
  expect(asked.at(-1)!.headers['content-type']).toBe('application/json')
})

test('a watch that is open while the certificates change ends with the transport', async () => {
  const authority = join(folder, 'ca.crt')
  writeFileSync(authority, 'first')
  const clock = createFakeClock()
  const path = aKubeconfig({ token: 'abc' }, { 'certificate-authority': authority })
  const transport = await kubeconfigTransport(path, undefined, clock)
  const watch = await transport.send({ method: 'GET', path: '/pods?watch=true' })
  const chunks = watch.chunks()[Symbol.asyncIterator]()
  await chunks.next()
  writeFileSync(authority, 'second')
  await clock.advance(10_000)
  await (await transport.send({ method: 'GET', path: '/version' })).text()
  expect(connectionCount).toBe(2)
  await transport[Symbol.asyncDispose]()
  await expect(chunks.next()).rejects.toThrow('the transport is closed')
  await expect(transport.send({ method: 'GET', path: '/version' })).rejects.toThrow('the transport is closed')
})

test('where there is no kubeconfig, or it cannot be read, one sentence says so', async () => {
  const { HOME, KUBECONFIG } = process.env
  try {
    process.env.HOME = folder
    delete process.env.KUBECONFIG
    await expect(kubeconfigTransport()).rejects.toThrow('there is no kubeconfig: expected one in $KUBECONFIG')
    const missing = join(folder, 'none')
    await expect(kubeconfigTransport(missing)).rejects.toThrow(`the kubeconfig ${missing} cannot be read: ENOENT`)
  } finally {
    process.env.HOME = HOME
    if (KUBECONFIG !== undefined) process.env.KUBECONFIG = KUBECONFIG
  }
})
