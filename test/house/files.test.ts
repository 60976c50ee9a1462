import { expect, test } from 'vitest'
import { rooms, sourceFiles } from './source-files.ts'

/** Tables of constants, exempt from the wall by name. */
const tables: readonly string[] = []
const files = rooms.flatMap(room => sourceFiles(room))

test('no file passes the wall of 400 lines', () => {
  const tall = files.filter(file => file.lineCount > 400 && !tables.includes(file.path))
  expect(tall.map(file => `${file.path}: ${file.lineCount}`)).toEqual([])
})

test('every file opens with what it is for', () => {
  const silent = files.filter(file => !/^(#![^\n]*\n)?\/\*\*/.test(file.text))
  expect(silent.map(file => file.path)).toEqual([])
})

test('no file is an attic', () => {
  const attics = files.filter(file => /(^|\/|-)(utils?|helpers?|common|misc|lib|base|old)\.ts$/.test(file.path))
  expect(attics.map(file => file.path)).toEqual([])
})

test('nobody exports a default', () => {
  expect(files.filter(file => /^export default/m.test(file.text)).map(file => file.path)).toEqual([])
})

/** As a module node:http brings all of fetch along, a tenth of a second of every start; who needs it imports it late. */
test('nobody loads node:http at the start', () => {
  const early = files.filter(file => /^import (?!type )[^']*from 'node:http'/m.test(file.text))
  expect(early.map(file => file.path)).toEqual([])
})
