/** How deep a text of JSON or YAML is nested, judged in one pass before any parser spends its stack on it. */

/** An Experiment is some ten levels deep, Kubernetes' own objects some twenty; a hundred thousand brackets are an attack. */
export const MAX_NESTING = 64

/**
 * The offset where `text` opens its 65th level, or undefined. Brackets are counted, in JSON those outside of strings; in YAML
 * also lists that begin on the line of their list.
 */
export function nestsTooDeep(text: string, format: 'JSON' | 'YAML'): number | undefined {
  const isJson = format === 'JSON'
  let depth = 0
  let isInString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isInString) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) isInString = false
    } else if (code === QUOTE) isInString = isJson
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_NESTING) return i
    } else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && depth > 0) depth--
  }
  if (isJson) return undefined
  const list = LISTS_ON_ONE_LINE.exec(text)
  return list?.index
}

const LISTS_ON_ONE_LINE = new RegExp(`^(?: *- ){${MAX_NESTING + 1}}`, 'm')
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
