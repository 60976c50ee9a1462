/** A port that is taken is a sentence about its flag. */
import { CommandError, EXIT } from './exit.ts'

export async function listening<T>(flag: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new CommandError(EXIT.usage, `${flag} ${port}: the port is in use; choose another, or 0 for any free one`, {
      cause,
    })
  }
}
