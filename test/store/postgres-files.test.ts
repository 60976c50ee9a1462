import { chmodSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isConnectionLoss } from '../../store/postgres/connection.ts'
import { findBinaries, linkLibraries } from '../../store/postgres/libraries.ts'
import { mayReach } from '../../store/postgres/place.ts'
import { isAlive, readPostmaster } from '../../store/postgres/postmaster.ts'
import { socketDirectory } from '../../store/postgres/socket-directory.ts'
import { temporaryDirectory } from '../support/qalam.ts'

/** A package as npm unpacks it without running its install script. */
function aPackage(root: string) {
  const directory = join(root, 'package/native')
  mkdirSync(join(directory, 'lib'), { recursive: true })
  writeFileSync(join(directory, 'lib/libpq.so.5.18'), 'library')
  const links = ['libpq.so', 'libpq.so.5'].map(name => ({
    source: 'native/lib/libpq.so.5.18',
    target: `native/lib/${name}`,
  }))
  writeFileSync(join(directory, 'pg-symlinks.json'), JSON.stringify(links))
  return { directory, major: 18 }
}

test('the binaries of this machine are found', () => {
  expect(findBinaries().major).toBeGreaterThanOrEqual(18)
  expect(statSync(join(findBinaries().directory, 'bin/postgres')).isFile()).toBe(true)
})

test('the links between libraries are made where the install script did not run, once', () => {
  using directory = temporaryDirectory()
  const binaries = aPackage(directory.path)
  symlinkSync('libpq.so.5.18', join(binaries.directory, 'lib/libpq.so'))
  expect(linkLibraries(binaries, join(directory.path, 'elsewhere'))).toBeUndefined()
  expect(linkLibraries(binaries, join(directory.path, 'elsewhere'))).toBeUndefined()
  expect(readlinkSync(join(binaries.directory, 'lib/libpq.so.5'))).toBe('libpq.so.5.18')
})

test('where the package cannot be written the links stand elsewhere and lead to it', () => {
  using directory = temporaryDirectory()
  const binaries = aPackage(directory.path)
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/no-such-folder/libpq.so.5' }]
  writeFileSync(join(binaries.directory, 'pg-symlinks.json'), JSON.stringify(links))
  const elsewhere = join(directory.path, 'elsewhere')
  expect(linkLibraries(binaries, elsewhere)).toBe(elsewhere)
  expect(linkLibraries(binaries, elsewhere)).toBe(elsewhere)
  expect(realpathSync(join(elsewhere, 'libpq.so.5'))).toBe(realpathSync(join(binaries.directory, 'lib/libpq.so.5.18')))
})

test('an account reaches a directory when it may search each one on the way', () => {
  using directory = temporaryDirectory()
  const inner = join(directory.path, 'inner')
  mkdirSync(inner)
  chmodSync(directory.path, 0o711)
  const stranger = { uid: 54_321, gid: 54_321 }
  expect(mayReach(inner, stranger)).toBe(true)
  chmodSync(directory.path, 0o700)
  expect(mayReach(inner, stranger)).toBe(false)
  const { uid, gid } = statSync(inner)
  expect(mayReach(inner, { uid, gid })).toBe(true)
})

test('the socket directory is private, short, the same for the same cluster, and never one of a stranger', () => {
  using directory = temporaryDirectory()
  const cluster = join(directory.path, 'x'.repeat(100), 'postgres')
  const path = socketDirectory(cluster, undefined)
  expect(Buffer.byteLength(join(path, '.s.PGSQL.5432'))).toBeLessThanOrEqual(107)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(socketDirectory(cluster, undefined)).toBe(path)
  chmodSync(path, 0o777)
  const other = socketDirectory(cluster, undefined)
  expect(other).not.toBe(path)
  expect(statSync(other).mode & 0o777).toBe(0o700)
  for (const made of [path, other]) rmSync(made, { recursive: true })
})

test('a pid file counts while its process lives', () => {
  using directory = temporaryDirectory()
  expect(readPostmaster(directory.path)).toBeUndefined()
  const file = join(directory.path, 'postmaster.pid')
  writeFileSync(file, `${process.pid}\n/data\n1\n5432\n/run/socket\n\n\nready\n`)
  expect(readPostmaster(directory.path)).toEqual({ pid: process.pid, socketDirectory: '/run/socket' })
  writeFileSync(file, '4194304\n/data\n1\n5432\n/run/socket\n')
  expect(readPostmaster(directory.path)).toBeUndefined()
  writeFileSync(file, 'garbage')
  expect(readPostmaster(directory.path)).toBeUndefined()
  expect(isAlive(process.pid)).toBe(true)
})

test.each([
  [{ code: '57P01' }, true],
  [{ code: '57P03' }, true],
  [{ code: '08006' }, true],
  [{ code: 'ECONNREFUSED' }, true],
  [{ code: 'ENOENT' }, true],
  [{ message: 'Connection terminated unexpectedly' }, true],
  [{ code: '23505' }, false],
  [{ code: '53100', message: 'could not extend file: No space left on device' }, false],
  [{ code: '22021', message: 'invalid byte sequence' }, false],
])('%j: the connection was lost: %s', (reason, expected) => {
  expect(isConnectionLoss(reason)).toBe(expected)
})
