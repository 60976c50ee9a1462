import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpsTransport, systemClock, type Transport } from '#kube'
import { type Certificates, certificates } from '#standalone'
import { changesOf } from '../conformance/kubernetes-api/watch.ts'
import { anApiServer, ask, type TestApiServer } from './an-api-server.ts'

const TOKEN = 'a-token-of-this-test'
const maps = '/api/v1/namespaces/default/configmaps'
let own: TestApiServer
let tls: Certificates
let url: string
let client: Transport & AsyncDisposable
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'qalam-https-'))
  tls = await certificates(directory, systemClock.now())
  own = await anApiServer({
    logs: {
      async *read(_pod, { follow }, signal) {
        yield Buffer.from('first\n')
        if (!follow) return
        await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      },
    },
  })
  ;({ url } = await own.server.listen({ port: 0, host: '127.0.0.1', tls, token: TOKEN }))
  client = httpsTransport({ server: url, ca: tls.ca, token: TOKEN })
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await own[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

function statusWith(headers: Record<string, string>, method = 'GET', body = ''): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${maps}`, { ca: tls.ca, headers, method, servername: 'localhost' }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
const authorization = `Bearer ${TOKEN}`

test.each([
  ['no token', {}, 401],
  ['another token', { authorization: 'Bearer wrong' }, 401],
  ['the token as a password', { authorization: `Basic ${TOKEN}` }, 401],
  ['a foreign Host', { authorization, host: 'evil.example' }, 403],
  ['a Host that begins like loopback', { authorization, host: 'localhost.evil.example' }, 403],
  ['a page as Origin', { authorization, origin: 'https://evil.example' }, 403],
  ['everything right', { authorization }, 200],
])('%s', async (_name, headers, status) => {
  expect(await statusWith(headers as Record<string, string>)).toBe(status)
})

test('a body of more than 1 MiB is 413, announced or not', async () => {
  const body = 'x'.repeat(1024 * 1024 + 1)
  const chunked = { authorization, 'transfer-encoding': 'chunked' }
  expect(await statusWith(chunked, 'POST', body)).toBe(413)
  expect(await statusWith({ authorization, 'content-length': String(body.length) }, 'POST', body)).toBe(413)
})

test('a DELETE with a JSON content type and no body, as Python sends it', async () => {
  await ask(client, 'POST', maps, { metadata: { name: 'python' } })
  const gone = await ask(client, 'DELETE', `${maps}/python`, undefined, { 'content-type': 'application/json' })
  expect(gone.body.status).toBe('Success')
})

test('a watch over the wire, with watch=True', async () => {
  const { body } = await ask(client, 'GET', maps)
  const events = changesOf(client, `${maps}?watch=True&resourceVersion=${body.metadata.resourceVersion}`)
  const first = events.next()
  await ask(client, 'POST', maps, { metadata: { name: 'wired' } })
  expect(await first).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'wired' } } })
  await events.close()
})

test('a log is text whatever the client accepts; followed, it ends with the client', async () => {
  const pods = '/api/v1/namespaces/default/pods'
  await ask(client, 'POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'a' }, { name: 'b' }] } })
  expect((await ask(client, 'GET', `${pods}/p/log`)).body.message).toContain('choose one of: [a b]')
  expect((await ask(client, 'GET', `${pods}/p/log?container=c`)).status).toBe(400)
  const whole = await ask(client, 'GET', `${pods}/p/log?container=a`, undefined, { accept: 'application/json' })
  expect(whole).toMatchObject({ status: 200, body: 'first\n', headers: { 'content-type': 'text/plain' } })
  const over = new AbortController()
  const path = `${pods}/p/log?container=a&follow=True`
  const followed = await client.send({ method: 'GET', path, signal: over.signal })
  const chunks = followed.chunks()[Symbol.asyncIterator]()
  expect(Buffer.from((await chunks.next()).value as Uint8Array).toString()).toBe('first\n')
  over.abort()
  await expect(chunks.next()).rejects.toThrow()
})

test('a port that is taken is said, and the first listener goes on', async () => {
  const port = Number(new URL(url).port)
  const second = own.server.listen({ port, host: '127.0.0.1', tls, token: TOKEN })
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(await statusWith({ authorization })).toBe(200)
})
