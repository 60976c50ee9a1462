/** What an API server warns of, on stderr as kubectl says it. */
export function sayWarning(text: string): void {
  process.stderr.write(`Warning: ${text}\n`)
}
