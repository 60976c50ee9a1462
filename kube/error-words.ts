/** What Node, undici and Postgres drivers say of a failure: a code, and most often a message. */

/** Its code, or that of what caused it: `ECONNREFUSED` for one. Undefined where there is none that is a text. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined || cause === null ? undefined : codeOf(cause)
}

/** Its message; of several addresses that were tried Node says the code alone. */
export function wordsOf(error: unknown): string {
  return (error as Error).message || codeOf(error) || 'no answer'
}
