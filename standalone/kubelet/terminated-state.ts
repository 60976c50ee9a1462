/** How a container ended, in Kubernetes' words. */
import { rfc3339 } from '#api'
import type { Ended } from '../starter/messages.ts'
import type { ContainerState } from './pod-types.ts'

/** Kubernetes cuts messages that come from the log here: 80 lines, 2048 bytes. */
const LAST_LINES = 80
const LAST_CHARACTERS = 2_048

/** `wasKilled`: SIGKILL came from us. The message is the program's own, or after a failure the end of its log. */
export function terminatedState(ended: Ended, wasKilled: boolean): NonNullable<ContainerState['terminated']> {
  const { startedAt, finishedAt } = ended
  const exitCode = ended.how === 'exited' ? (ended.code ?? 0) : ended.how === 'lost' ? 137 : 128
  const message = messageOf(ended, exitCode, wasKilled)
  return {
    exitCode,
    ...(exitCode > 128 && exitCode < 128 + 65 ? { signal: exitCode - 128 } : {}),
    reason: reasonOf(ended, exitCode, wasKilled),
    ...(message ? { message } : {}),
    startedAt: rfc3339(new Date(startedAt)),
    finishedAt: rfc3339(new Date(finishedAt)),
  }
}

function reasonOf(ended: Ended, exitCode: number, wasKilled: boolean): string {
  if (ended.how === 'lost') return 'ContainerStatusUnknown'
  if (ended.how === 'refused') return 'StartError'
  if (exitCode === 137 && !wasKilled) return 'OOMKilled'
  return exitCode === 0 ? 'Completed' : 'Error'
}

function messageOf(ended: Ended, exitCode: number, wasKilled: boolean): string {
  if (ended.message.trim() !== '') return ended.message
  if (ended.how === 'lost')
    return 'its process is gone and left no exit code: the machine or the process group was killed'
  if (ended.how === 'refused') return ended.reason ?? ''
  if (exitCode === 0) return ''
  const last = lastLines(ended.tail)
  if (exitCode !== 137 || wasKilled) return last
  return `killed by SIGKILL from outside; running out of memory is a guess\n${last}`.trim()
}

function lastLines(tail: string): string {
  const lines = tail.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
  return lines.slice(-LAST_CHARACTERS)
}
