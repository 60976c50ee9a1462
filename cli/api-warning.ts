/** What an API server warns of, on stderr as kubectl says it. */
import type { ClientOptions } from '#kube'

/** For the client of a person. */
export const SPOKEN: ClientOptions = {
  onWarning: text => process.stderr.write(`Warning: ${text}\n`),
  fieldValidation: 'Warn',
}
