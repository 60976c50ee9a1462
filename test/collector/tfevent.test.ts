import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CollectedMetric, Evidence, tfeventCollector } from '#collector'
import { crc32c, maskedCrc32c } from '../../collector/tfevent/crc32c.ts'
import { readEvent, singleText } from '../../collector/tfevent/event.ts'
import { RecordSplitter } from '../../collector/tfevent/records.ts'
import { ManualClock } from './manual-clock.ts'

/** Written by tensorboardX 2.6.5; `write_events.py` beside them is the script. */
const golden = join(import.meta.dirname, '../golden/tfevent/logs')
const trainFile = join(golden, 'train/events.out.tfevents.1700000000.train')

async function collect(path: string, metricNames: readonly string[]) {
  const evidence = new Evidence(metricNames[0])
  const source = { path, root: path, clock: new ManualClock(), evidence }
  const rows: CollectedMetric[] = []
  for await (const batch of tfeventCollector.collect(source, new Set(metricNames), AbortSignal.abort()))
    rows.push(...batch)
  return { rows, evidence, values: rows.map(row => `${row.metricName}=${row.value}@${row.step}`) }
}

describe('files of tensorboardX', () => {
  test('scalars by tag, with step and time', async () => {
    const { rows } = await collect(join(golden, 'test'), ['accuracy'])
    expect(rows.map(row => row.value)).toEqual(['0.5', '0.6', '0.7', '0.8', '0.9'])
    expect(rows.map(row => row.step)).toEqual([0, 1, 2, 3, 4])
    expect(rows[1]).toMatchObject({ time: '2023-11-14T22:13:21Z', sequence: 1_700_000_001_000_000 })
  })

  test('a name with a directory means the files of that directory', async () => {
    const { values } = await collect(golden, ['train/accuracy', 'test/accuracy'])
    expect(values).toEqual([
      ...['0.5', '0.6', '0.7', '0.8', '0.9'].map((value, step) => `test/accuracy=${value}@${step}`),
      ...['0', '0.1', '0.2', '0.3', '0.4'].map((value, step) => `train/accuracy=${value}@${step}`),
    ])
  })

  test('a scope counts as its tag, another tag with the same beginning does not; NaN stays NaN', async () => {
    const { values } = await collect(join(golden, 'train'), ['loss'])
    expect(values).toEqual(['loss=1@0', 'loss=0.5@1', 'loss=0.33333334@2', 'loss=NaN@3', 'loss=0.2@4'])
  })

  test('tensors that hold one number', async () => {
    const names = [
      't_float',
      't_float_content',
      't_double',
      't_int64',
      't_int',
      't_half',
      't_vector',
      'weights',
      'note',
    ]
    const { values } = await collect(join(golden, 'train'), names)
    expect(values).toEqual(['0.1', '0.2', '0.1', '-5', '300', '0.5'].map((value, i) => `${names[i]}=${value}@7`))
  })
})

describe('files that are being written', () => {
  test('any cut of the bytes gives the same events', () => {
    const bytes = readFileSync(trainFile)
    const read = (...chunks: Uint8Array[]) => {
      const events: unknown[] = []
      const records = new RecordSplitter(data => events.push(readEvent(data)))
      const buffer = Buffer.alloc(bytes.length)
      // As a reader does: the next chunk overwrites the one before it.
      for (const chunk of chunks) records.push(buffer.subarray(0, Buffer.from(chunk).copy(buffer)))
      return events
    }
    const whole = read(bytes)
    expect(whole.length).toBeGreaterThan(20)
    for (let cut = 0; cut < bytes.length; cut += 37)
      expect(read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole)
  })

  test('a half-written tail waits for its rest; a file that comes late is found', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tfevent-'))
    const bytes = readFileSync(trainFile)
    const clock = new ManualClock()
    const source = { path: directory, root: directory, clock, evidence: new Evidence('accuracy') }
    const ended = new AbortController()
    const rows: CollectedMetric[] = []
    const done = (async () => {
      for await (const batch of tfeventCollector.collect(source, new Set(['accuracy']), ended.signal))
        rows.push(...batch)
    })()
    await clock.pass(2_000)
    mkdirSync(join(directory, 'deep/er'), { recursive: true })
    const file = join(directory, 'deep/er/events.out.tfevents.1')
    writeFileSync(file, bytes.subarray(0, 300))
    await clock.pass(2_000)
    const early = rows.length
    expect(early).toBeLessThan(5)
    appendFileSync(file, bytes.subarray(300))
    await clock.pass(2_000)
    ended.abort()
    await done
    expect(rows.map(row => row.step)).toEqual([0, 1, 2, 3, 4])
    rmSync(directory, { recursive: true })
  })

  test('after a wrong checksum nothing of that file is believed; other files are', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tfevent-'))
    cpSync(golden, directory, { recursive: true })
    const bytes = readFileSync(trainFile)
    bytes[200] ^= 1
    writeFileSync(join(directory, 'train/events.out.tfevents.1700000000.train'), bytes)
    const { values, evidence } = await collect(directory, ['train/accuracy', 'test/accuracy'])
    expect(values.filter(value => value.startsWith('test'))).toHaveLength(5)
    expect(values.filter(value => value.startsWith('train')).length).toBeLessThan(5)
    expect(evidence.badLineCount).toBe(1)
    rmSync(directory, { recursive: true })
  })

  test('links out of the directory and files that are no event files are not read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tfevent-'))
    symlinkSync(trainFile, join(directory, 'events.out.tfevents.1'))
    symlinkSync('/dev/zero', join(directory, 'events.out.tfevents.2'))
    cpSync(trainFile, join(directory, 'notes.txt'))
    expect((await collect(directory, ['accuracy'])).values).toEqual([])
    rmSync(directory, { recursive: true })
  })
})

describe('pieces', () => {
  test('CRC-32C as RFC 3720 gives it', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  test('a record of gigabytes is passed over without being kept', () => {
    const header = Buffer.alloc(12)
    header.writeBigUInt64LE(5_000_000n)
    header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8)
    const seen: number[] = []
    const records = new RecordSplitter(data => seen.push(data.length))
    records.push(header)
    for (let left = 5_000_004; left > 0; left -= 65_536) records.push(new Uint8Array(Math.min(65_536, left)))
    records.push(readFileSync(trainFile))
    expect([records.isBroken, seen.length > 20]).toEqual([false, true])
  })

  test('random bytes are no event and no crash', () => {
    let state = 7
    for (let round = 0; round < 2_000; round++) {
      const bytes = Uint8Array.from({ length: round % 40 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
        return state >>> 16
      })
      expect(() => readEvent(bytes)).not.toThrow()
    }
  })

  test.each([
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [16_777_216, '16777216'],
    [1e-45, '1e-45'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('single precision %s is written %s', (value, text) => {
    expect(singleText(Math.fround(value))).toBe(text)
  })
})
