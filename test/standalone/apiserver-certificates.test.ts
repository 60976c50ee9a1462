import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { certificates } from '#standalone'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qalam-certificates-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000)

test('a server certificate for loopback names, signed by an authority of its own', async () => {
  const { ca, cert } = await certificates(directory, day(0))
  const [authority, server] = [new X509Certificate(ca), new X509Certificate(cert)]
  expect(authority.ca).toBe(true)
  expect(server.ca).toBe(false)
  expect(authority.verify(authority.publicKey)).toBe(true)
  expect(server.verify(authority.publicKey)).toBe(true)
  expect(server.checkIssued(authority)).toBe(true)
  expect(server.checkHost('localhost')).toBe('localhost')
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(server.checkIP('::1')).toBe('::1')
  expect(server.checkHost('example.com')).toBeUndefined()
  expect(server.validFromDate <= day(0) && server.validToDate > day(364)).toBe(true)
  for (const name of ['ca.key', 'ca.crt', 'server.key', 'server.crt'])
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
})

test('kept while they last, the server’s renewed before it ends, by the same authority', async () => {
  const first = await certificates(directory, day(0))
  expect(await certificates(directory, day(300))).toEqual(first)
  const later = await certificates(directory, day(306))
  expect(later.ca).toBe(first.ca)
  expect(later.cert).not.toBe(first.cert)
})

test('an authority that ends is replaced, and the server’s certificate with it', async () => {
  const first = await certificates(directory, day(0))
  const later = await certificates(directory, day(3_600))
  expect(later.ca).not.toBe(first.ca)
  expect(new X509Certificate(later.cert).verify(new X509Certificate(later.ca).publicKey)).toBe(true)
})

test('a damaged file is made again', async () => {
  await certificates(directory, day(0))
  writeFileSync(join(directory, 'server.crt'), 'half a')
  expect(new X509Certificate((await certificates(directory, day(0))).cert).checkHost('localhost')).toBe('localhost')
})
