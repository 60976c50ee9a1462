/** How a command ends: the exit codes are a promise, see README. */

export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  failed: 3,
  timedOut: 4,
  notFound: 5,
  conflict: 6,
  invalidSpec: 7,
  notPermitted: 8,
  unreachable: 9,
  noUsableTrial: 10,
  goalNotReached: 11,
  interrupted: 130,
  terminated: 143,
} as const

/** Ends the command with `code` after one message on stderr, without a stack trace. */
export class CommandError extends Error {
  readonly code: number
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.code = code
  }
}
