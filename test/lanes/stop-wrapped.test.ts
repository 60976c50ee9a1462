/** The end of a wrapped program in a process namespace of its own, as in a container; needs the right to make one. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { stopScript } from '#controller'

const canIsolate = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
if (!canIsolate) process.stdout.write('skipped: no right to make a process namespace (unshare --pid)\n')

const directory = mkdtempSync(join(tmpdir(), 'qalam-stop-'))
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

/** A container: process 1 is the shell around `program`. Resolves when the program says that it runs. */
async function aContainer(program: string, trial: string) {
  const script = join(directory, `${started.length}.sh`)
  writeFileSync(script, program)
  const shell = `sh ${script} && echo completed > ${directory}/marker`
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', shell], {
    env: { PATH: process.env.PATH, KATIB_TRIAL_NAME: trial, DIRECTORY: directory },
  })
  started.push(child)
  const runs = Promise.withResolvers<void>()
  child.stdout.on('data', data => String(data).includes('runs') && runs.resolve())
  await runs.promise
  return { child, pid: childOf(child.pid ?? 0), ended: new Promise(resolve => child.once('close', resolve)) }
}

const childOf = (pid: number) => execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).trim()

/** As a kubelet runs a preStop: in the container, with its environment. It ends with the container where that is sooner. */
function preStop(pid: string, trial: string, graceSeconds: number): void {
  spawnSync('nsenter', ['--target', pid, '--pid', '--mount', 'sh', '-c', stopScript(graceSeconds)], {
    env: { PATH: process.env.PATH, KATIB_TRIAL_NAME: trial },
  })
}

const saving = `trap 'echo saved > "$DIRECTORY/checkpoint"; exit 0' TERM
echo runs
while :; do sleep 1; done`

test.skipIf(!canIsolate)(
  'the program hears of it, saves, and the shell ends by itself',
  async () => {
    const { pid, ended } = await aContainer(saving, 'tune-a')
    preStop(pid, 'tune-a', 60)
    await ended
    expect(readFileSync(join(directory, 'checkpoint'), 'utf8')).toBe('saved\n')
    expect(readFileSync(join(directory, 'marker'), 'utf8')).toBe('completed\n')
  },
  60_000,
)

test.skipIf(!canIsolate)(
  'one that does not listen is killed when its time is over',
  async () => {
    rmSync(join(directory, 'marker'), { force: true })
    const { pid, ended } = await aContainer(`trap '' TERM; echo runs; while :; do sleep 1; done`, 'tune-a')
    preStop(pid, 'tune-a', 1)
    await ended
    expect(readdirSync(directory)).not.toContain('marker')
  },
  60_000,
)

test.skipIf(!canIsolate)(
  "where process 1 is another's nobody is signalled",
  async () => {
    rmSync(join(directory, 'checkpoint'), { force: true })
    const { pid, child } = await aContainer(saving, 'tune-b')
    preStop(pid, 'tune-a', 0)
    expect(child.exitCode).toBeNull()
    expect(readdirSync(directory)).not.toContain('checkpoint')
    preStop(pid, 'tune-b', 60)
  },
  60_000,
)
