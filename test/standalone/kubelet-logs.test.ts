import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BuiltInLog } from '../../standalone/kubelet/built-in-log.ts'
import { readLog } from '../../standalone/kubelet/container-logs.ts'
import { createFakeClock } from '../support/fake-clock.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qalam-logs-'))
  path = join(directory, '0.log')
})
afterEach(() => rmSync(directory, { recursive: true }))

type Options = Parameters<typeof readLog>[1]
async function read(options: Options): Promise<string> {
  const chunks = await Array.fromAsync(readLog({ path }, options, new AbortController().signal))
  return Buffer.concat(chunks).toString()
}
/** A log whose lines came at these seconds of the day; the last one has the time of the file. */
function written(lines: readonly (readonly [text: string, second: number])[]): void {
  const ends = lines.map((_, i) => lines.slice(0, i + 1).reduce((sum, [text]) => sum + Buffer.byteLength(text), 0))
  writeFileSync(path, lines.map(([text]) => text).join(''))
  const notes = lines.slice(0, -1).map(([, second], i) => `${ends[i]} ${Date.parse(at(second))}000000\n`)
  if (notes.length > 0) writeFileSync(`${path}.times`, notes.join(''))
  const last = new Date(at(lines.at(-1)?.[1] ?? 0))
  utimesSync(path, last, last)
}
const at = (second: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1_000).toISOString()
const printed = (second: number) => at(second).replace('.000Z', '.000000000Z')

describe('a log with times beside it', () => {
  test.each<[string, Options, string]>([
    ['plain', {}, 'a\nb b\nlong\nlast'],
    ['with times', { timestamps: true }, `${printed(1)} a\n${printed(1)} b b\n${printed(5)} long\n${printed(9)} last`],
    ['since before it', { since: new Date(at(0)) }, 'a\nb b\nlong\nlast'],
    ['since the very time of a line', { since: new Date(at(5)) }, 'long\nlast'],
    ['since between two lines', { since: new Date(at(2)) }, 'long\nlast'],
    ['since after all but what is not noted', { since: new Date(at(6)) }, 'last'],
    ['since after all of it', { since: new Date(at(10)) }, ''],
    ['the later of since and tail', { since: new Date(at(5)), tailLines: 1 }, 'last'],
    ['a tail that reaches further back than since', { since: new Date(at(5)), tailLines: 3 }, 'long\nlast'],
    ['a limit counts the times', { timestamps: true, limitBytes: 33 }, `${printed(1)} a\n`],
  ])('%s', async (_, options, expected) => {
    written([
      ['a\nb b\n', 1],
      ['long\n', 5],
      ['last', 9],
    ])
    expect(await read(options)).toBe(expected)
  })

  test('a line that began before is not cut by since', async () => {
    written([
      ['a\nlo', 1],
      ['ng\n', 5],
      ['last\n', 9],
    ])
    expect(await read({ since: new Date(at(5)) })).toBe('last\n')
    expect(await read({ timestamps: true })).toBe(`${printed(1)} a\n${printed(1)} long\n${printed(9)} last\n`)
  })

  test('nothing noted: all of it is as old as the file', async () => {
    written([['a\nb\n', 3]])
    expect(await read({ timestamps: true })).toBe(`${printed(3)} a\n${printed(3)} b\n`)
    expect(await read({ since: new Date(at(3)) })).toBe('a\nb\n')
    expect(await read({ since: new Date(at(4)) })).toBe('')
  })
})

describe('the log of a built-in image', () => {
  test('notes when each text came, also over a second life that prints the same again', async () => {
    const clock = createFakeClock('2026-01-01T00:00:00Z')
    const first = new BuiltInLog(path, clock)
    for (const text of ['one\n', 'two\n', 'three\n']) {
      first.write(text)
      await first.close()
      await clock.advance(10_000)
    }
    const times = async () => (await read({ timestamps: true })).split('\n').map(line => line.slice(11, 19))
    expect((await times()).slice(0, 2)).toEqual(['00:00:00', '00:00:10'])
    const second = new BuiltInLog(path, clock)
    second.write('one\ntwo\nthree\n')
    await second.close()
    await clock.advance(10_000)
    second.write('four\n')
    await second.close()
    expect((await times()).slice(0, 3)).toEqual(['00:00:00', '00:00:10', '00:00:30'])
  })
})
