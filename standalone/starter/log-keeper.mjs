/**
 * What a kubelet's log has besides the text: when each line came, and an end to its growth. The program writes its log itself,
 * so this only looks: beside LOG stands LOG.times, a line `OFFSET NANOSECONDS` for each look that found it grown (what lies
 * before OFFSET, and after the one before, was written by then). What is not noted is as old as the file, as everything is
 * of a program that ends at once. A log above the cap is cut in place: LOG.cut counts what is gone.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, watch, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

const LOG_CAP_BYTES = 64 * 1024 * 1024
/** A program that ends sooner costs no watch. */
const FIRST_LOOK_MS = 100
/** Between looks at a log that grows all the time. */
const LOOK_MS = 20
/** So many notes are that close; a program that prints for days needs no more than one a second. */
const CLOSE_NOTES = 20_000
const LATER_LOOK_MS = 1_000

/** Keeps the log of a program from now on, whoever started it. `close` ends that; nothing is written then. */
export function keepLog(path) {
  let noted = lastNoted(path)
  let noteCount = 0
  let watcher
  let poll
  let timer = setTimeout(begin, FIRST_LOOK_MS)

  function begin() {
    timer = undefined
    const name = basename(path)
    try {
      watcher = watch(dirname(path), (_, changed) => {
        if (changed === name || changed === null) timer ??= setTimeout(look, pause())
      })
      watcher.on('error', () => watcher.close())
    } catch {
      // No more watches on this machine.
      poll = setInterval(look, LATER_LOOK_MS)
    }
    look()
  }

  const pause = () => (noteCount < CLOSE_NOTES ? LOOK_MS : LATER_LOOK_MS)

  function look() {
    timer = undefined
    try {
      const { size, mtimeNs } = statSync(path, { bigint: true })
      if (size < noted) noted = 0n
      if (size === noted) return
      appendFileSync(`${path}.times`, `${size} ${mtimeNs}\n`)
      noted = size
      noteCount++
      if (size > LOG_CAP_BYTES) cut(Number(size))
    } catch {
      // There is no log yet, or no room for a note.
    }
  }

  /** Programs append, so that they go on at the new end. */
  function cut(size) {
    const beside = `${path}.cut`
    const before = existsSync(beside) ? Number(readFileSync(beside, 'utf8')) : 0
    truncateSync(path, 0)
    rmSync(`${path}.times`, { force: true })
    appendFileSync(path, `(the log was longer than 64 MiB: the ${before + size} bytes before this line are gone)\n`)
    writeFileSync(beside, `${before + size}\n`)
    noted = 0n
    noteCount = 0
  }

  return {
    close() {
      clearTimeout(timer)
      clearInterval(poll)
      watcher?.close()
    },
  }
}

function lastNoted(path) {
  try {
    const last = readFileSync(`${path}.times`, 'latin1').trimEnd().split('\n').at(-1)
    return BigInt(last.split(' ')[0])
  } catch {
    return 0n
  }
}
