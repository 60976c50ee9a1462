/**
 * The starter process: starts programs for a server whose own memory would make that slow, and does their file work.
 *
 * It imports nothing but Node and `log-keeper.mjs`, keeps no state that the disk does not have, and ends with its server; programs go on. Requests
 * and reports are in `messages.ts`. A directory that was claimed is never run again: its process is watched, or its exit
 * code is read, whoever started it.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { keepLog } from './log-keeper.mjs'

const SHIM = join(import.meta.dirname, 'shim.sh')
const TAIL_BYTES = 65_536
const MESSAGE_BYTES = 4_096
/** Between looks at a process that is not our child. */
const ADOPTED_LOOK_MS = 250
const LEFTOVER_LOOK_MS = 20

/** Unfinished runs by id. `pid` is the leader of the process group. */
const runs = new Map()

createInterface({ input: process.stdin }).on('line', line => {
  const request = JSON.parse(line)
  if (request.is === 'start') start(request.id, request.program)
  else signal(request.id, request.signal)
})
process.stdin.on('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))

/** Whoever reads lines takes these two for their ends, and JSON leaves them as they are; programs may print them. */
function report(message) {
  const line = JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  process.stdout.write(`${line}\n`)
}

function start(id, program) {
  const run = { id, program, pid: 0, startedAt: Date.now(), stopping: false }
  runs.set(id, run)
  try {
    if (existsSync(join(program.directory, 'claim'))) return adopt(run)
    for (const directory of program.directories) mkdirSync(directory, { recursive: true })
    for (const [path, file] of Object.entries(program.files)) writeWhole(path, file)
    launch(run)
  } catch (error) {
    end(run, { how: 'refused', reason: error.message })
  }
}

/** Aside and renamed: another container of the pod may be reading the one before, and a mode may forbid to write it. */
function writeWhole(path, { content, mode }) {
  const aside = `${path}.partial`
  writeFileSync(aside, content, 'base64')
  if (mode !== undefined) chmodSync(aside, mode)
  renameSync(aside, path)
}

function launch(run) {
  const { directory, log, argv, env, workingDirectory } = run.program
  const child = spawn('/bin/sh', [SHIM, directory, log, ...argv], {
    cwd: workingDirectory,
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  child.on('error', error => end(run, { how: 'refused', reason: error.message }))
  if (child.pid === undefined) return
  run.pid = child.pid
  run.isOurs = true
  run.keeper = keepLog(log)
  report({ is: 'started', id: run.id, startedAt: run.startedAt, adopted: false })
  child.on('exit', code => {
    run.isOurs = false
    const exit = exitCode(directory)
    if (exit !== undefined) return afterLeftovers(run, () => end(run, { how: 'exited', code: exit }))
    const refusal = { how: 'refused', reason: 'the shell ended before it claimed the program' }
    // Another shim holds the claim: it was started twice, and this one gave way.
    if (code === 75) return adopt(run)
    end(run, existsSync(join(directory, 'claim')) ? { how: 'lost' } : refusal)
  })
}

/** What a stopped program left in its group has the grace to end; the server sends SIGKILL when that is over. */
function afterLeftovers(run, then) {
  if (!run.stopping || run.killed || !hasGroup(run.pid)) {
    if (run.stopping) kill(run.pid, 'SIGKILL')
    return then()
  }
  setTimeout(() => afterLeftovers(run, then), LEFTOVER_LOOK_MS)
}

function adopt(run) {
  const claim = join(run.program.directory, 'claim')
  const [boot, pid, startTime] = readFileSync(claim, 'utf8').trim().split(' ')
  run.startedAt = statSync(claim).mtimeMs
  run.pid = Number(pid)
  run.identity = `${boot} ${startTime}`
  const exit = exitCode(run.program.directory)
  if (exit !== undefined) return end(run, { how: 'exited', code: exit }, exitTime(run))
  if (!(run.pid > 1) || identityOf(run.pid) !== run.identity) {
    // The exit code may have come between the two looks.
    const late = exitCode(run.program.directory)
    return end(run, late === undefined ? { how: 'lost' } : { how: 'exited', code: late })
  }
  report({ is: 'started', id: run.id, startedAt: run.startedAt, adopted: true })
  run.keeper ??= keepLog(run.program.log)
  const watcher = watch(run.program.directory, () => look())
  const timer = setInterval(() => look(), ADOPTED_LOOK_MS)
  function look() {
    const code = exitCode(run.program.directory)
    const isAlive = identityOf(run.pid) === run.identity
    if (code === undefined && isAlive) return
    if (isAlive && !run.stopping) return
    watcher.close()
    clearInterval(timer)
    const last = code ?? exitCode(run.program.directory)
    afterLeftovers(run, () => end(run, last === undefined ? { how: 'lost' } : { how: 'exited', code: last }))
  }
}

/** The whole group, the shell included: where that leaves no exit code, `conclude` writes it. */
function signal(id, name) {
  const run = runs.get(id)
  if (!run?.pid) return
  run.stopping = true
  if (name === 'SIGKILL') run.killed = true
  const isSame = run.isOurs || run.identity === undefined || identityOf(run.pid) === run.identity
  if (isSame || hasGroup(run.pid)) kill(run.pid, name)
}

function kill(group, name) {
  try {
    process.kill(-group, name)
  } catch {
    // It ended by itself.
  }
}

/** Zombies that nobody waits for do not count. */
function hasGroup(group) {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  return process.platform !== 'linux' || readdirSync('/proc').some(name => isMember(name, group))
}

function isMember(name, group) {
  if (!/^\d+$/.test(name)) return false
  const fields = statFields(name)
  return fields !== undefined && fields[0] !== 'Z' && Number(fields[2]) === group
}

/** Fields of proc(5) from the third on: after the name in parentheses. */
function statFields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Boot and start time of a process, as the claim has them; undefined when it is over. */
function identityOf(pid) {
  if (process.platform !== 'linux') return identityFromPs(pid)
  const fields = statFields(pid)
  if (fields === undefined || fields[0] === 'Z') return undefined
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
}

function identityFromPs(pid) {
  try {
    const boot = execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
    const start = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return `${boot} ${start.replaceAll(/ +/g, '_').trim()}`
  } catch {
    // ps exits with 1 for an unknown process.
    return undefined
  }
}

/** Undefined until it is written to its line feed. */
function exitCode(directory) {
  try {
    const text = readFileSync(join(directory, 'exit'), 'utf8')
    return text.endsWith('\n') ? Number(text) : undefined
  } catch {
    return undefined
  }
}

/** The shell was killed with its program: what the server asked for is no loss. */
function conclude(run, ended) {
  if (ended.how === 'exited' || !run.killed) return ended
  writeFileSync(join(run.program.directory, 'exit'), '137\n')
  return { how: 'exited', code: 137 }
}

function end(run, ended, finishedAt = Date.now()) {
  if (!runs.delete(run.id)) return
  run.keeper?.close()
  const { tailOf, messageFile } = run.program
  const tail = tailOf.map(path => lastOf(path, TAIL_BYTES)).find(text => text !== '') ?? ''
  const message = messageFile === undefined ? '' : lastOf(messageFile, MESSAGE_BYTES)
  report({ is: 'ended', id: run.id, startedAt: run.startedAt, finishedAt, tail, message, ...conclude(run, ended) })
}

function exitTime(run) {
  return statSync(join(run.program.directory, 'exit')).mtimeMs
}

function lastOf(path, count) {
  let file
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, count))
    // A file that was emptied while its writer goes on begins with a hole.
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, size - bytes.length)).replace(/^\0+/, '')
  } catch {
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
