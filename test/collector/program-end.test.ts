import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProgramEnd, programEnd } from '../../collector/stopping/program-end.ts'
import { ManualClock } from './manual-clock.ts'

let root: string
let clock: ManualClock
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'program-end-'))
  clock = new ManualClock()
  mkdirSync(join(root, 'proc'))
  mkdirSync(join(root, 'metrics'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Processes as /proc shows them; the shell writes its marker into the metrics directory. */
const shell = (pid: number) => runs(pid, 0, ['sh', '-c', `train && echo completed > ${join(root, 'metrics')}/$$.pid`])
function runs(pid: number, parent: number, argv: readonly string[]): void {
  const directory = join(root, 'proc', String(pid))
  mkdirSync(directory)
  writeFileSync(join(directory, 'stat'), `${pid} (a) b) S ${parent} 0 0`)
  writeFileSync(join(directory, 'cmdline'), argv.map(word => `${word}\0`).join(''))
}
const ends = (pid: number) => rmSync(join(root, 'proc', String(pid)), { recursive: true })
const marks = (pid: number, text: string) => writeFileSync(join(root, 'metrics', `${pid}.pid`), `${text}\n`)

function watched({ waitsForAll = true, terminated = new AbortController().signal } = {}) {
  const seen: { end?: ProgramEnd } = {}
  const done = programEnd({
    directory: join(root, 'metrics'),
    proc: join(root, 'proc'),
    waitsForAll,
    clock,
    terminated,
  })
  void done.then(end => {
    seen.end = end
  })
  return seen
}

describe('the program is over', () => {
  test('when its marker says so and its shell is gone', async () => {
    shell(40)
    const seen = watched()
    marks(40, 'completed')
    await clock.pass(3_000)
    expect(seen).toEqual({})
    ends(40)
    await clock.pass(1_000)
    expect(seen).toEqual({ end: 'completed' })
  })

  test('by the marker alone, also one from before anybody looked', async () => {
    marks(7, 'completed')
    const seen = watched()
    await clock.pass(0)
    expect(seen).toEqual({ end: 'completed' })
  })

  test('having failed, when its shell is gone without a marker', async () => {
    shell(40)
    const seen = watched()
    ends(40)
    await clock.pass(1_000)
    expect(seen).toEqual({ end: 'failed' })
  })

  test('not yet while it is being stopped early', async () => {
    shell(40)
    const seen = watched()
    marks(40, 'early-stopped')
    ends(40)
    await clock.pass(2_000)
    expect(seen).toEqual({})
    marks(40, 'completed')
    await clock.pass(1_000)
    expect(seen).toEqual({ end: 'completed' })
  })

  test.each([true, false])('with another container still running: waits for all is %j', async waitsForAll => {
    runs(30, 0, ['proxy'])
    shell(40)
    const seen = watched({ waitsForAll })
    marks(40, 'completed')
    ends(40)
    await clock.pass(2_000)
    expect(seen).toEqual(waitsForAll ? {} : { end: 'completed' })
    ends(30)
    await clock.pass(1_000)
    expect(seen).toEqual({ end: 'completed' })
  })

  test('at SIGTERM, whatever else is seen', async () => {
    shell(40)
    const terminated = new AbortController()
    const seen = watched({ terminated: terminated.signal })
    terminated.abort()
    await clock.pass(0)
    expect(seen).toEqual({ end: 'terminated' })
  })
})
