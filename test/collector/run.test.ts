import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collected, Pod } from './pod.ts'

describe('while the trial runs', () => {
  test('values are reported within a quarter of a second, then the final', async () => {
    using pod = new Pod()
    const done = pod.start()
    pod.print('loss=0.5\nnoise\n')
    await pod.clock.pass(250)
    expect(pod.rows).toEqual(['loss=0.5@9'])
    expect(pod.sent[0].final).toBeUndefined()
    pod.print('loss=0.25')
    await pod.clock.pass(1_000)
    expect(pod.rows).toEqual(['loss=0.5@9'])
    pod.end()
    expect(await done).toBe(0)
    expect(pod.rows).toEqual(['loss=0.5@9', 'loss=0.25@24'])
    expect(pod.sent.at(-1)).toMatchObject({ final: true, trialUid: 'uid', attempt: 0, stream: 'pod/collector' })
  })

  test('what the trial prints is printed on, byte for byte', async () => {
    const { pod } = await collected('first é\r\n\x1b[31mloss=1\x1b[0m\nlast')
    expect(pod.log).toBe('first é\r\n\x1b[31mloss=1\x1b[0m\nlast\n')
  })

  test('a batch holds 500 rows at most', async () => {
    const { pod } = await collected('loss=1\n'.repeat(1_234))
    expect(pod.sent.map(report => report.rows.length)).toEqual([500, 500, 234])
  })

  test('while the store is away nothing is lost and nothing is reported twice', async () => {
    using pod = new Pod()
    pod.refusals = 3
    pod.print('loss=1\nloss=2\n')
    pod.end()
    const done = pod.start()
    await pod.clock.pass(10_000)
    expect(await done).toBe(0)
    expect(pod.rows).toEqual(['loss=1@7', 'loss=2@14'])
    expect(pod.log).toContain('metrics wait to be stored: the store is away')
  })

  test('read again from the start, it says the same rows with the same sequences', async () => {
    const text = 'loss=1 loss=2 accuracy=3\nloss=4\r\nloss=5'
    const [first, second] = [await collected(text), await collected(text)]
    expect(first.pod.all).toEqual(second.pod.all)
    expect(first.pod.rows).toEqual(['loss=1@24', 'loss=2@25', 'accuracy=3@25', 'loss=4@32', 'loss=5@39'])
  })
})

describe('files that change under it', () => {
  test('created late, replaced and truncated files are read to their ends, and later values stay later', async () => {
    using pod = new Pod()
    const done = pod.start()
    await pod.clock.pass(2_000)
    pod.print('loss=1\nloss=1.5')
    await pod.clock.pass(1_000)
    renameSync(pod.file, `${pod.file}.1`)
    pod.print('loss=2\n')
    await pod.clock.pass(1_000)
    truncateSync(pod.file)
    await pod.clock.pass(1_000)
    pod.print('loss=3\n')
    await pod.clock.pass(1_000)
    unlinkSync(pod.file)
    await pod.clock.pass(1_000)
    pod.print('loss=4\n')
    pod.end()
    await done
    expect(pod.values).toEqual(['loss=1', 'loss=1.5', 'loss=2', 'loss=3', 'loss=4'])
    const sequences = pod.all.map(row => row.sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(new Set(sequences).size).toBe(5)
  })

  const refused: { name: string; make: (pod: Pod) => void; because: string }[] = [
    { name: 'a pipe', make: pod => void execFileSync('mkfifo', [pod.file]), because: 'not a regular file' },
    { name: 'a directory', make: pod => mkdirSync(pod.file), because: 'not a regular file' },
    { name: 'a device', make: pod => symlinkSync('/dev/zero', pod.file), because: 'leads out of the trial' },
    { name: 'a link out', make: pod => symlinkSync(outside(pod), pod.file), because: 'leads out of the trial' },
  ]
  test.each(refused)('$name is not read, and the report says so', async ({ make, because }) => {
    using pod = new Pod()
    make(pod)
    pod.end()
    expect(await pod.start()).toBe(0)
    expect(pod.rows).toEqual([])
    expect(pod.diagnosis).toContain(because)
    expect(pod.log).not.toContain('secret')
  })

  test('a link inside the volume is followed', async () => {
    using pod = new Pod()
    writeFileSync(join(pod.volume, 'real.log'), 'loss=1\n')
    symlinkSync('real.log', pod.file)
    pod.end()
    await pod.start()
    expect(pod.values).toEqual(['loss=1'])
  })

  test.each(['/etc/passwd', '/var/log/katib/../../passwd', '/var/log/katibx/a'])('%s lies in no volume', async path => {
    const { pod } = await collected('loss=1\n', { path })
    expect([pod.rows, pod.diagnosis]).toEqual([[], expect.stringContaining('no volume of the trial')])
  })
})

describe('why the objective never came', () => {
  const rows: { name: string; text: string; flags?: object; says: string }[] = [
    { name: 'nothing was printed', text: '', says: 'standard output is empty' },
    {
      name: 'another case',
      text: 'Loss=0.3\n',
      says: '"loss" was never seen in 1 line of standard output; nearly the same: "Loss"',
    },
    { name: 'a prefix', text: 'val_loss=0.3\ntime=3\n', says: 'nearly the same: "val_loss"' },
    { name: 'a typo', text: 'accurcy=0.3\n', flags: { metrics: 'accuracy' }, says: 'nearly the same: "accurcy"' },
    { name: 'a colon', text: 'epoch 1: loss: 0.3\n', says: 'a line that names it: "epoch 1: loss: 0.3"' },
    {
      name: 'no number',
      text: 'loss=n/a\nloss=n/a\n',
      says: '"loss" was found 2 times, but its value is not a number: "n/a"',
    },
    { name: 'others were printed', text: 'speed=3\n', says: 'values were printed for "speed"' },
    { name: 'only text', text: 'hello\nworld\n', says: 'never seen in 2 lines of standard output; write "loss=0.5"' },
    {
      name: 'no JSON',
      text: 'loss=1\n',
      flags: { format: 'JSON' },
      says: 'no line is a JSON object; print {"loss": 0.5}',
    },
    {
      name: 'a filter',
      text: 'loss=1\n',
      flags: { filters: '<(\\w+)> (\\S+)' },
      says: 'a line that matches <(\\w+)> (\\S+)',
    },
  ]
  test.each(rows)('$name', async ({ text, flags, says }) => {
    const { pod } = await collected(text, flags)
    expect(pod.diagnosis).toContain(says)
    expect(pod.log).toContain(pod.diagnosis)
    expect(pod.sent.at(-1)?.final).toBe(true)
  })

  test('there is none when it came', async () => {
    expect((await collected('loss=nan\n')).pod.diagnosis).toBeUndefined()
  })
})

test('flags that cannot be used end it with a final that says why', async () => {
  const { pod, exitCode } = await collected('loss=1\n', { filters: '(\\w+)=1' })
  expect([exitCode, pod.sent]).toEqual([2, [expect.objectContaining({ final: true, rows: [] })]])
  expect(pod.diagnosis).toBe('metricsFormat[0]: expected two groups, the metric\'s name and its value, got "(\\w+)=1"')
})

/** A file beside the volume, which no trial may reach. */
function outside(pod: Pod): string {
  const path = join(pod.directory, 'secret')
  writeFileSync(path, 'loss=1 secret\n')
  return path
}
