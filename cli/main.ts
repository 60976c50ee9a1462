/** The program: finds the verb, runs it, turns what went wrong into one message and an exit code. */
import { ApiError, InvalidSpec } from '#api'
import { CommandError, EXIT } from './exit.ts'
import { program } from './program.ts'

const argv = process.argv.slice(2)
const dashes = argv.indexOf('--')
// What follows `--` is the user's program: no option of it is ours.
const own = dashes < 0 ? argv : argv.slice(0, dashes)
const foreign = dashes < 0 ? [] : argv.slice(dashes + 1)

process.stdout.on('error', ignoreClosedPipe)
try {
  await program(foreign).parseAsync(own, { from: 'user' })
} catch (error) {
  process.exitCode = report(error)
}
// Everything is closed; a library's timer or socket that lingers must not hold up the shell. Pipes are flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))

/** `head` closed our output: nothing is wrong. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.done)
}

function report(error: unknown): number {
  if (error instanceof CommandError) {
    if (error.message !== '') process.stderr.write(`qalam: ${error.message}\n`)
    return error.code
  }
  if (error instanceof InvalidSpec) {
    process.stderr.write(`${error.problems.map(problem => `qalam: ${problem.path}: ${problem.message}`).join('\n')}\n`)
    return EXIT.invalidSpec
  }
  if (error instanceof ApiError) {
    process.stderr.write(`qalam: ${error.message}\n`)
    return exitCodeOf(error)
  }
  process.stderr.write(
    `qalam: ${process.env.QALAM_DEBUG ? ((error as Error).stack ?? error) : (error as Error).message}\n`,
  )
  return EXIT.unexpected
}

function exitCodeOf(error: ApiError): number {
  switch (error.code) {
    case 401:
    case 403:
      return EXIT.notPermitted
    case 404:
      return EXIT.notFound
    case 409:
      return EXIT.conflict
    case 400:
    case 422:
      return EXIT.invalidSpec
    default:
      return EXIT.unexpected
  }
}
