import { X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { renewed } from '../../cli/cluster/certificates.ts'

const NAMES = ['katib-controller.kubeflow.svc', 'katib-controller.kubeflow.svc.cluster.local']
const START = new Date('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000
const later = (days: number) => new Date(START.getTime() + days * DAY_MS)
const authoritiesIn = (bundle: string) => bundle.split('-----END').length - 1

test('from nothing an authority and a server certificate are made, which a TLS client takes for each name', async () => {
  const made = await renewed({}, NAMES, new Date())
  const server = createServer({ cert: made['tls.crt'], key: made['tls.key'] })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  for (const servername of [...NAMES, 'localhost']) {
    const socket = connect({ host: '127.0.0.1', port, servername, ca: made['ca.crt'] })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    expect(socket.authorized).toBe(true)
    socket.destroy()
  }
  await new Promise(resolve => server.close(resolve))
})

test('what is good stays as it is', async () => {
  const made = await renewed({}, NAMES, START)
  expect(await renewed({ ...made }, NAMES, later(59))).toEqual(made)
})

test('a month before its end the server certificate is made again, under the same authority', async () => {
  const made = await renewed({}, NAMES, START)
  const next = await renewed({ ...made }, NAMES, later(61))
  expect(next['ca.crt']).toBe(made['ca.crt'])
  expect(next['tls.crt']).not.toBe(made['tls.crt'])
  expect(new X509Certificate(next['tls.crt']).verify(new X509Certificate(made['ca.crt']).publicKey)).toBe(true)
})

test('a year before its end the authority is made again, and the former one stays trusted until its own end', async () => {
  const made = await renewed({}, NAMES, START)
  const next = await renewed({ ...made }, NAMES, later(3_650 - 364))
  expect(authoritiesIn(next['ca.crt'])).toBe(2)
  expect(next['ca.crt'].endsWith(made['ca.crt'])).toBe(true)
  const last = await renewed({ ...next, 'tls.crt': '' }, NAMES, later(3_651))
  expect(last['ca.crt']).toBe(next['ca.crt'])
})

test.each([
  { name: 'another name is wanted', held: {}, names: [...NAMES, 'qalam-store.kubeflow.svc'] },
  { name: 'the certificate is damaged', held: { 'tls.crt': 'x' }, names: NAMES },
  { name: 'its key is lost', held: { 'tls.key': '' }, names: NAMES },
])('$name: a new server certificate', async ({ held, names }) => {
  const made = await renewed({}, NAMES, START)
  const next = await renewed({ ...made, ...held }, names, START)
  expect(next['tls.key']).not.toBe(made['tls.key'])
  expect(names.every(name => new X509Certificate(next['tls.crt']).checkHost(name) !== undefined)).toBe(true)
})

test("an authority whose key is another's is replaced", async () => {
  const made = await renewed({}, NAMES, START)
  const next = await renewed({ ...made, 'ca.key': (await renewed({}, NAMES, START))['ca.key'] }, NAMES, START)
  expect(authoritiesIn(next['ca.crt'])).toBe(2)
  expect(new X509Certificate(next['tls.crt']).verify(new X509Certificate(next['ca.crt']).publicKey)).toBe(true)
})
