/** A collector that is killed and started again beside a file that was rotated, replaced or truncated meanwhile. */
import { appendFileSync, copyFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FollowedLog } from './followed-log.ts'

let trial: FollowedLog
beforeEach(() => {
  trial = new FollowedLog()
})
afterEach(() => trial[Symbol.asyncDispose]())
const print = (...values: readonly (number | string)[]) => trial.print(...values)

const LONG = Array.from({ length: 40 }, (_, i) => `0.${1_000 + i}`)

const changes: { name: string; while: () => void; expected: readonly string[] }[] = [
  { name: 'nothing', while: () => print(5), expected: ['1', '2', '5'] },
  {
    name: 'rotated, and more was written before it',
    while() {
      print(3)
      renameSync(trial.path, `${trial.path}.1`)
      print(4, 5, 6, 7)
    },
    expected: ['1', '2', '3', '4', '5', '6', '7'],
  },
  {
    name: 'rotated twice, with numbers',
    while() {
      renameSync(trial.path, `${trial.path}.1`)
      print(3, 4)
      renameSync(`${trial.path}.1`, `${trial.path}.2`)
      renameSync(trial.path, `${trial.path}.1`)
      print(5, 6)
    },
    expected: ['1', '2', '3', '4', '5', '6'],
  },
  {
    name: 'rotated twice, with dates',
    while() {
      renameSync(trial.path, `${trial.path}.2026-11-25_23`)
      print(3, 4)
      renameSync(trial.path, `${trial.path}.2026-11-26_00`)
      print(5, 6)
    },
    expected: ['1', '2', '3', '4', '5', '6'],
  },
  {
    name: 'rotated, and not yet written to again',
    while: () => renameSync(trial.path, `${trial.path}.1`),
    expected: ['1', '2'],
  },
  {
    name: 'replaced by a file of as many bytes',
    while() {
      writeFileSync(`${trial.path}.new`, 'epoch loss=3\nepoch loss=4\n')
      renameSync(`${trial.path}.new`, trial.path)
    },
    expected: ['1', '2', '3', '4'],
  },
  {
    name: 'removed and made again, perhaps with the same inode',
    while() {
      unlinkSync(trial.path)
      print(3, 4, 5)
    },
    expected: ['1', '2', '3', '4', '5'],
  },
  {
    name: 'truncated',
    while() {
      truncateSync(trial.path)
      print(3)
    },
    expected: ['1', '2', '3'],
  },
  {
    name: 'truncated and grown beyond what was read',
    while() {
      truncateSync(trial.path)
      print(3, 4, 5, 6)
    },
    expected: ['1', '2', '3', '4', '5', '6'],
  },
]

test.each(changes)('killed, $name, started again: every value once, in order', async ({ while: happens, expected }) => {
  print(1, 2)
  const first = trial.start()
  await first.look()
  first.kill()
  happens()
  expect(await trial.valuesInTheEnd()).toEqual(expected)
})

test('copied and truncated: what was not read yet is read from the copy', async () => {
  print(...LONG)
  const first = trial.start()
  await first.look()
  first.kill()
  print('unread')
  print(7)
  copyFileSync(trial.path, `${trial.path}.1`)
  truncateSync(trial.path)
  print(8)
  expect(await trial.valuesInTheEnd()).toEqual([...LONG, '7', '8'])
})

test('copied and truncated under it: what it had not looked at is read from the copy', async () => {
  print(...LONG)
  const run = trial.start()
  await run.look()
  print(7)
  copyFileSync(trial.path, `${trial.path}.1`)
  truncateSync(trial.path)
  print(8)
  await run.end()
  expect(await trial.values()).toEqual([...LONG, '7', '8'])
})

test('truncated and grown beyond what was read, between two looks', async () => {
  print(1, 2)
  const run = trial.start()
  await run.look()
  truncateSync(trial.path)
  print(3, 4, 5)
  await run.end()
  expect(await trial.values()).toEqual(['1', '2', '3', '4', '5'])
})

test('rotated twice between two looks', async () => {
  print(1)
  const run = trial.start()
  await run.look()
  renameSync(trial.path, `${trial.path}.1`)
  print(2)
  renameSync(`${trial.path}.1`, `${trial.path}.2`)
  renameSync(trial.path, `${trial.path}.1`)
  print(3)
  await run.end()
  expect(await trial.values()).toEqual(['1', '2', '3'])
})

test('its writer goes on in the rotated file until the new one holds something', async () => {
  print(1)
  const run = trial.start()
  await run.look()
  renameSync(trial.path, `${trial.path}.1`)
  writeFileSync(trial.path, '')
  await run.look()
  appendFileSync(`${trial.path}.1`, 'epoch loss=2\n')
  print(3)
  await run.end()
  expect(await trial.values()).toEqual(['1', '2', '3'])
})

test('what was read of a rotated file and never arrived is read there again', async () => {
  print(1)
  const first = trial.start()
  await first.look()
  first.cutOff()
  print(2, 3)
  await first.look()
  renameSync(trial.path, `${trial.path}.1`)
  print(4)
  await first.look()
  first.kill()
  expect(await trial.valuesInTheEnd()).toEqual(['1', '2', '3', '4'])
})

test('killed again and again, with a rotation each time', async () => {
  const expected: string[] = []
  for (let life = 1; life <= 6; life++) {
    const run = trial.start()
    print(life)
    await run.look()
    print(life + 0.5)
    run.kill()
    if (life % 2 === 0) renameSync(trial.path, `${trial.path}.2026-11-0${life}`)
    else truncateSync(trial.path, life === 5 ? 0 : undefined)
    expected.push(String(life))
    if (life % 2 === 0) expected.push(String(life + 0.5))
  }
  expect(await trial.valuesInTheEnd()).toEqual(expected)
})

test('a file that holds less than was read of it is the same file after a power cut', async () => {
  print(1, 2, 3)
  const first = trial.start()
  await first.look()
  first.kill()
  truncateSync(trial.path, 'epoch loss=1\n'.length)
  expect(await trial.valuesInTheEnd('two')).toEqual(['1', '2', '3'])
})

test('without a bookmark, as streams were before: the file is read from sequence 0', async () => {
  print(1, 2)
  const report = { trialUid: 'uid', attempt: 0, stream: 'pod/collector' }
  await trial.store.append({ ...report, rows: [{ metricName: 'loss', value: '1', sequence: 13 }] })
  expect(await trial.valuesInTheEnd()).toEqual(['1', '2'])
})
