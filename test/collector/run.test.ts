import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { causeOf } from '#api'
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

  test('the value of an epoch is reported at once, what is printed without pause five times a second', async () => {
    using pod = new Pod()
    void pod.start()
    pod.print('loss=1\n')
    await pod.clock.pass(50)
    expect(pod.rows).toEqual(['loss=1@7'])
    const before = pod.sent.length
    for (let line = 0; line < 50; line++) {
      pod.print('loss=2\n')
      await pod.clock.pass(20)
    }
    expect(pod.sent.length - before).toBeLessThanOrEqual(6)
    await pod.clock.pass(2_000)
    expect(pod.rows).toHaveLength(51)
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

describe('standard output above its cap', () => {
  /** As the trial's shell writes it: at its own place in the file, wherever that ends. */
  function aShell(pod: Pod) {
    const descriptor = openSync(pod.file, 'w')
    return { print: (text: string) => writeSync(descriptor, text), [Symbol.dispose]: () => closeSync(descriptor) }
  }

  test('is emptied once it was read; what comes then has the sequences it would have had', async () => {
    using pod = new Pod()
    using shell = aShell(pod)
    const done = pod.start({ stdoutCapBytes: 100 })
    shell.print('loss=1\n'.repeat(20))
    await pod.clock.pass(1_000)
    expect(statSync(pod.file).size).toBe(0)
    shell.print('loss=2\n')
    await pod.clock.pass(1_000)
    expect(pod.rows.slice(-2)).toEqual(['loss=1@140', 'loss=2@147'])
    expect(pod.log).toBe(
      `${'loss=1\n'.repeat(20)}(standard output is longer than ${100 / 1024 / 1024} MiB: what was read of it is gone)\nloss=2\n`,
    )
    pod.end()
    await done

    await pod.start({ stdoutCapBytes: 100 })
    expect(pod.rows.at(-1)).toBe('loss=2@147')
    expect(pod.rows.filter(row => row.startsWith('loss=1'))).toHaveLength(20)
  })

  test('is not emptied before the store has what was read of it', async () => {
    using pod = new Pod()
    using shell = aShell(pod)
    pod.refusals = 3
    void pod.start({ stdoutCapBytes: 100 })
    shell.print('loss=1\n'.repeat(20))
    await pod.clock.pass(2_000)
    expect([pod.rows.length, statSync(pod.file).size]).toEqual([0, 140])
    await pod.clock.pass(10_000)
    expect([pod.rows.length, statSync(pod.file).size]).toEqual([20, 0])
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
    expect(pod.log).toContain(
      'loss=1.5\nstandard output was replaced: it is read on from the start of what is there now\nloss=2\n',
    )
    expect(pod.log).toContain(
      'standard output was truncated: it is read on from the start of what is there now\nloss=3\n',
    )
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
    {
      name: 'nothing was printed',
      text: '',
      says: 'standard output is empty: the program ended before it wrote anything; have it write "loss=0.5"',
    },
    {
      name: 'another case',
      text: 'Loss=0.3\n',
      says: '"loss" was never seen in 1 line of standard output; nearly the same is "Loss" in line 1 "Loss=0.3": set objectiveMetricName to "Loss", or write "loss=0.5"',
    },
    {
      name: 'a prefix',
      text: 'time=3\nval_loss=0.3\n',
      says: 'nearly the same is "val_loss" in line 2 "val_loss=0.3"',
    },
    { name: 'a typo', text: 'accurcy=3\n', flags: { metrics: 'accuracy' }, says: 'nearly the same is "accurcy"' },
    {
      name: 'another key of a JSON line',
      text: 'start\n{"val_loss": 0.91, "epoch": 1}\n',
      says: 'nearly the same is "val_loss" in line 2 "{"val_loss": 0.91, "epoch": 1}"',
    },
    {
      name: 'a colon',
      text: 'epoch 1: loss: 0.3\n',
      says: 'line 1 "epoch 1: loss: 0.3" names it with a colon: write "loss=0.5", or set metricsFormat to ',
    },
    {
      name: 'a JSON line that nests it',
      text: '{"train": {"loss": 0.3}}\n',
      says: 'is JSON, but "loss" is no number at its top level: write {"loss": 0.5}',
    },
    { name: 'words', text: 'the loss is 0.3\n', says: 'line 1 "the loss is 0.3" names it in another form: write' },
    {
      name: 'no number',
      text: 'loss=n/a\nloss=n/a\n',
      says: '"loss" was found 2 times, but its value is not a number: "n/a"; write a number, such as "loss=0.5"',
    },
    { name: 'others were printed', text: 'speed=3\n', says: 'values came for "speed": set objectiveMetricName to one' },
    { name: 'only text', text: 'hello\nworld\n', says: 'never seen in 2 lines of standard output; write "loss=0.5"' },
    {
      name: 'no JSON, but text that would be read',
      text: 'start\nloss=1\n',
      flags: { format: 'JSON' },
      says: 'no line is a JSON object, but line 2 "loss=1" is: set metricsCollectorSpec.source.fileSystemPath.format to TEXT',
    },
    {
      name: 'no JSON at all',
      text: 'hello\n',
      flags: { format: 'JSON' },
      says: 'no line is a JSON object: print {"loss": 0.5}, or set',
    },
    {
      name: 'another key in a JSON file',
      text: '{"val_loss": 1}\n',
      flags: { format: 'JSON' },
      says: 'nearly the same is "val_loss" in line 1',
    },
    {
      name: 'a filter that matches no line',
      text: 'hello\n',
      flags: { filters: '<(\\w+)> (\\S+)' },
      says: `metricsFormat <(\\w+)> (\\S+) matches no line: its first group is the metric's name`,
    },
    {
      name: 'a filter where none is needed',
      text: 'hello\nloss=1\n',
      flags: { filters: '<(\\w+)> (\\S+)' },
      says: 'metricsFormat <(\\w+)> (\\S+) does not match line 2 "loss=1", which is read without it: remove metricsFormat',
    },
    {
      name: 'a filter over JSON lines',
      text: '{"loss": 0.3}\n',
      flags: { filters: '<(\\w+)> (\\S+)' },
      says: 'does not match line 1 "{"loss": 0.3}", which is read without it',
    },
    {
      name: 'a filter that takes another name',
      text: 'hello\n<speed> 1\n',
      flags: { filters: '<(\\w+)> (\\S+)' },
      says: 'metricsFormat <(\\w+)> (\\S+) takes the name "speed" from line 2 "<speed> 1": set objectiveMetricName to it',
    },
  ]
  test.each(rows)('$name', async ({ text, flags, says }) => {
    const { pod } = await collected(text, flags)
    expect(pod.diagnosis).toContain(says)
    expect(pod.log).toContain(pod.diagnosis)
    expect(pod.sent.at(-1)?.final).toBe(true)
  })

  const files: { name: string; made: readonly string[]; says: string }[] = [
    {
      name: 'nothing was created',
      made: [],
      says: '/var/log/katib/train.log was never created, nor anything beside it; have the program write there',
    },
    {
      name: 'other files were, and a marker of the end, which is ours',
      made: ['out.txt', 'sub/training.log', '17.pid'],
      says: '/var/log/katib/train.log was never created; what was: /var/log/katib/out.txt, /var/log/katib/sub/training.log: set metricsCollectorSpec.source.fileSystemPath.path to ',
    },
    { name: 'it is empty', made: ['train.log'], says: '/var/log/katib/train.log is empty' },
  ]
  test.each(files)('a file: $name', async ({ made, says }) => {
    using pod = new Pod()
    for (const name of made) {
      mkdirSync(dirname(join(pod.volume, name)), { recursive: true })
      writeFileSync(join(pod.volume, name), '')
    }
    pod.end()
    await pod.start({ path: '/var/log/katib/train.log' })
    expect(pod.diagnosis).toContain(says)
  })

  test('sentences of one fault are of one cause, whatever their trials printed', async () => {
    const told = async (text: string, flags = {}) => causeOf((await collected(text, flags)).pod.diagnosis ?? '')
    const never = await told('hello\n')
    expect([await told('val_loss=1\nx; y\n'), await told('loss: 1\n\n"a"; b\n')]).toEqual([never, never])
    const notNumber = await told('loss=n/a\n')
    expect([notNumber === never, await told('loss=?\nloss=!\n')]).toEqual([false, notNumber])
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
