/** What an API server warns of, on stderr as kubectl says it. */
import type { ClientOptions } from '#kube'

/** What was said already, with the line of the manifest. */
const said = new Set<string>()

/** A server that warns of the same afterwards is not heard. */
export function isSaid(text: string): void {
  said.add(text)
}

/** For the client of a person. */
export const SPOKEN: ClientOptions = {
  onWarning: text => {
    if (!said.has(text)) process.stderr.write(`Warning: ${text}\n`)
  },
  fieldValidation: 'Warn',
}
