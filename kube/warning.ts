/** What a server says beside its answer: `Warning` headers, which kubectl prints. */
import type { KubeResponse } from './transport.ts'

/** Texts of the header's warnings, `299 - "text"` each, with commas between (RFC 7234, section 5.5). */
export function warningsOf({ warning = '' }: KubeResponse['headers']): string[] {
  // Headers arrive byte by byte; what a server writes there is UTF-8.
  const text = Buffer.from(warning, 'latin1').toString('utf8')
  return [...text.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted]) => quoted.replaceAll(/\\(.)/g, '$1'))
}

/** Passes each text on once; of very many different ones the oldest may come again. */
export function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return text => {
    if (told.has(text)) return
    told.add(text)
    if (told.size > MAX_TEXTS) told.delete(told.values().next().value as string)
    tell(text)
  }
}

const MAX_TEXTS = 1_000
