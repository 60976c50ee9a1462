import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holderOf, openDataDirectory } from '../../cli/machine/data-directory.ts'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'qalam-directory-'))
})
afterEach(() => {
  chmodSync(parent, 0o700)
  rmSync(parent, { recursive: true })
})

test('one process at a time holds a directory, and the next one may take it', () => {
  const path = join(parent, 'data')
  {
    using directory = openDataDirectory(path)
    directory.announce({ kubernetes: 'https://127.0.0.1:1', rest: 'http://127.0.0.1:2' })
    expect(holderOf(path)).toMatchObject({ pid: process.pid, rest: 'http://127.0.0.1:2' })
    expect(() => openDataDirectory(path)).toThrow(`is served by process ${process.pid}`)
  }
  expect(holderOf(path)).toBeUndefined()
  openDataDirectory(path)[Symbol.dispose]()
})

test('the lock of a process that is gone is taken over', () => {
  openDataDirectory(parent)[Symbol.dispose]()
  writeFileSync(join(parent, 'lock'), JSON.stringify({ pid: process.pid, start: 'another process with this id' }))
  using directory = openDataDirectory(parent)
  expect(holderOf(directory.path)?.pid).toBe(process.pid)
})

test('a directory with foreign files is refused', () => {
  writeFileSync(join(parent, 'thesis.tex'), '')
  expect(() => openDataDirectory(parent)).toThrow(
    'expected a Qalam data directory or an empty one, got 1 foreign entries',
  )
})

test('a directory of another format is refused', () => {
  writeFileSync(join(parent, 'qalam.json'), '{"format":99}')
  expect(() => openDataDirectory(parent)).toThrow('its format is 99, this version reads 1')
})

test.each(['{', 'null', '{}'])('a directory whose marker is %s is refused, and the marker named', text => {
  writeFileSync(join(parent, 'qalam.json'), text)
  expect(() => openDataDirectory(parent)).toThrow('qalam.json: expected {"format":1}, got something else')
})

test('a file in place of a directory is refused with its path', () => {
  const path = join(parent, 'file')
  writeFileSync(path, '')
  expect(() => openDataDirectory(path)).toThrow(`${path}: expected a directory that can be written, got EEXIST`)
})

test.skipIf(process.platform !== 'linux')('a place that takes no directories is refused, not waited for', () => {
  expect(() => openDataDirectory('/proc/x/y')).toThrow('/proc/x/y: expected a directory that can be written')
})
