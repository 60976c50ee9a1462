/** The pieces of a GJSON path: components, pipes, selectors of a multipath. */
import { modifiers } from './gjson-modifiers.ts'
import { endOfString } from './gjson-query.ts'

export interface Component {
  /** The key without its escapes; with wildcards the escapes stay, for the matcher. */
  readonly key: string
  readonly wild: boolean
  readonly separator: '' | '.' | '|'
  readonly rest: string
}

/** The first component of a path. `\` takes the next character literally. */
export function takeComponent(path: string): Component {
  let i = 0
  let wild = false
  while (i < path.length && path[i] !== '.' && path[i] !== '|') {
    if (path[i] === '*' || path[i] === '?') wild = true
    i += path[i] === '\\' ? 2 : 1
  }
  const text = path.slice(0, i)
  const rest = path.slice(i + 1)
  const separator = path[i] === '.' && startsAnew(rest) ? '|' : ((path[i] ?? '') as Component['separator'])
  return { key: wild ? text : text.replaceAll(/\\(.)/gs, '$1'), wild, separator, rest }
}

/** A multipath, a literal or a modifier behind a dot is asked of what was found, as behind a pipe, even of nothing. */
function startsAnew(rest: string): boolean {
  return /^[[{!]/.test(rest) || modifiers.has(/^@([^.|:]*)/.exec(rest)?.[1] ?? '')
}

/** Splits at the first pipe that is in no bracket, string or escape. */
export function splitAtPipe(path: string): { readonly left: string; readonly right?: string } {
  const i = topLevel(path, 0, '|')
  return i < 0 ? { left: path } : { left: path.slice(0, i), right: path.slice(i + 1) }
}

/** The selectors between the brackets of a multipath, each with its name where one is given. */
export function splitSelectors(text: string): readonly { readonly name?: string; readonly path: string }[] {
  const selectors: { name?: string; path: string }[] = []
  for (let start = 0; start < text.length; ) {
    const comma = topLevel(text, start, ',')
    const end = comma < 0 ? text.length : comma
    const selector = text.slice(start, end)
    // A modifier's argument has a colon of its own: only what stands before a path is a name.
    const colon = selector.startsWith('@') ? -1 : topLevel(selector, 0, ':')
    if (colon < 0) selectors.push({ path: selector })
    else selectors.push({ name: nameIn(selector.slice(0, colon)), path: selector.slice(colon + 1) })
    start = end + 1
  }
  return selectors
}

/** The name an unnamed selector gives its value: the last component, if it is a plain word, else `_`. */
export function nameOfLast(path: string): string {
  const last = path.slice(Math.max(path.lastIndexOf('.'), path.lastIndexOf('|')) + 1)
  return /^[^[\]{}()#@!|%&*<>=\\?"]+$/.test(last) ? last : '_'
}

function nameIn(text: string): string {
  if (!/^".*"$/s.test(text)) return text
  try {
    return JSON.parse(text) as string
  } catch {
    // Not a JSON string: the characters themselves are the name.
    return text
  }
}

function topLevel(text: string, start: number, wanted: string): number {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') i = endOfString(text, i)
    else if (depth === 0 && text[i] === wanted) return i
    else if ('{[('.includes(text[i])) depth++
    else if ('}])'.includes(text[i])) depth--
  }
  return -1
}
