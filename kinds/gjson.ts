/**
 * GJSON paths over parsed JSON: the language of success and failure conditions.
 *
 * Source: the path syntax of GJSON (tidwall/gjson, SYNTAX.md). Compared with its version 1.14.1 (test/golden/gjson.json);
 * departures: `~null` and `~*` of later versions are known; a path into a literal or into printed text (`@tostr`) finds
 * nothing; keys that look like integers come first in objects (JavaScript orders them so), which only a wildcard can
 * notice; text is compared by UTF-16 units.
 *
 *   status.conditions.#(type=="Complete")#|#(status=="True")#     all matches, then all matches among them
 *   status.[@this].#(phase=="Succeeded")#                         a list of one object, queried
 */
import { Budget, OverBudget } from './gjson-budget.ts'
import { isObject, modifiers } from './gjson-modifiers.ts'
import { nameOfLast, splitAtPipe, splitSelectors, takeComponent } from './gjson-path.ts'
import { answers, endOfString, parseQuery } from './gjson-query.ts'
import { matchesWildcard } from './gjson-wildcard.ts'

/**
 * The value at `path`, or undefined where there is none. Never throws: a path without meaning finds nothing, and so does
 * one that is longer than 1,024 characters or takes more than 100,000 steps (`[@this,@this].#.[@this,@this].#. ...`
 * doubles its work with every repetition).
 */
export function gjson(json: unknown, path: string): unknown {
  if (path.length > MAX_PATH_LENGTH) return undefined
  try {
    return find(json, path, new Budget(MAX_STEPS))
  } catch (reason) {
    if (reason instanceof OverBudget) return undefined
    throw reason
  }
}

const MAX_PATH_LENGTH = 1024
const MAX_STEPS = 100_000

function find(json: unknown, path: string, budget: Budget): unknown {
  budget.spend(1)
  if (path.length > 1) {
    const special = modified(json, path, budget) ?? literal(path) ?? selected(json, path, budget)
    if (special) return special.rest === undefined ? special.value : find(special.value, special.rest, budget)
  }
  if (path.startsWith('..')) return element([json], path.slice(2), budget)
  if (Array.isArray(json)) return element(json, path, budget)
  return isObject(json) ? member(json, path, budget) : undefined
}

interface Step {
  readonly value: unknown
  /** What is asked of the value next; undefined: nothing. */
  readonly rest: string | undefined
}

/** `@name` or `@name:argument` at the start of the path, if that modifier exists. */
function modified(json: unknown, path: string, budget: Budget): Step | undefined {
  if (path[0] !== '@') return undefined
  const name = /^@([^.|:]*)/.exec(path)![1]
  const modifier = modifiers.get(name)
  if (!modifier) return undefined
  let end = name.length + 1
  let argument = ''
  if (path[end] === ':') {
    const start = end + 1
    end = '{["('.includes(path[start] ?? ' ') ? endOfJson(path, start) : endOfText(path, start)
    argument = path.slice(start, end)
  }
  return { value: modifier(json, argument, budget), rest: restAfter(path, end) }
}

/** `!"text"`, `!42`, `!{"a":1}`: the value written in the path itself. */
function literal(path: string): Step | undefined {
  if (path[0] !== '!') return undefined
  const end = '{["('.includes(path[1]) ? endOfJson(path, 1) : /^![^.|]*/.exec(path)![0].length
  try {
    return { value: JSON.parse(path.slice(1, end)), rest: restAfter(path, end) }
  } catch {
    return undefined
  }
}

/** `[a,b]` and `{a,"name":b}`: a new list or object of what each path finds; what is missing is left out. */
function selected(json: unknown, path: string, budget: Budget): Step | undefined {
  if (path[0] !== '[' && path[0] !== '{') return undefined
  const end = endOfJson(path, 0)
  if (end < path.length && path[end] !== '|' && path[end] !== '.') return undefined
  const found = splitSelectors(path.slice(1, end - 1))
    .map(selector => ({ ...selector, value: find(json, selector.path, budget) }))
    .filter(({ value }) => value !== undefined)
  const value =
    path[0] === '['
      ? found.map(one => one.value)
      : Object.fromEntries(found.map(one => [one.name ?? nameOfLast(one.path), one.value]))
  return { value, rest: restAfter(path, end) }
}

/** A key, perhaps with wildcards: then the first key whose value has the rest of the path too. */
function member(object: Readonly<Record<string, unknown>>, path: string, budget: Budget): unknown {
  const { key, wild, separator, rest } = takeComponent(path)
  const names = wild
    ? Object.keys(object).filter(name => matchesWildcard(name, key))
    : Object.hasOwn(object, key)
      ? [key]
      : []
  if (separator === '|') return find(names.length > 0 ? object[names[0]] : undefined, rest, budget)
  if (separator === '') return names.length > 0 ? object[names[0]] : undefined
  const { left, right } = wild ? splitAtPipe(rest) : { left: rest, right: undefined }
  for (const name of names) {
    const found = find(object[name], left, budget)
    if (found !== undefined) return piped(found, right, budget)
  }
  return piped(undefined, right, budget)
}

/** An index, `#` (count), `#.path` (of each), `#(query)` (first) or `#(query)#` (all). */
function element(list: readonly unknown[], path: string, budget: Budget): unknown {
  if (path === '#') return list.length
  if (path.startsWith('#|')) return find(list.length, path.slice(2), budget)
  if (path.startsWith('#.')) {
    const { left, right } = splitAtPipe(path.slice(2))
    return piped(existing(list.map(item => find(item, left, budget))), right, budget)
  }
  if (path.startsWith('#(') || path.startsWith('#[')) return queried(list, path, budget)
  const { key, separator, rest } = takeComponent(path)
  const item = /^\d+$/.test(key) ? list[Number(key)] : undefined
  return separator === '' ? item : find(item, rest, budget)
}

function queried(list: readonly unknown[], path: string, budget: Budget): unknown {
  const parsed = parseQuery(path)
  if (!parsed) return undefined
  const { query } = parsed
  const all = path[parsed.end] === '#'
  const end = parsed.end + (all ? 1 : 0)
  const isMatch = (item: unknown) => {
    const isTree = Array.isArray(item) || isObject(item)
    if (!isTree && query.path !== '') return false
    return answers(query, query.path === '' ? item : find(item, query.path, budget))
  }
  const matches = all ? list.filter(isMatch) : list.filter(isMatch).slice(0, 1)
  if (path[end] === '|') return piped(all ? matches : matches[0], path.slice(end + 1), budget)
  if (path[end] !== '.') return all ? matches : matches[0]
  const { left, right } = splitAtPipe(path.slice(end + 1))
  const found = existing(matches.map(item => find(item, left, budget)))
  return piped(all ? found : found[0], right, budget)
}

function existing(values: readonly unknown[]): unknown[] {
  return values.filter(value => value !== undefined)
}

function piped(value: unknown, path: string | undefined, budget: Budget): unknown {
  return path === undefined ? value : find(value, path, budget)
}

function restAfter(path: string, end: number): string | undefined {
  return path[end] === '.' || path[end] === '|' ? path.slice(end + 1) : undefined
}

/** Index behind the string or the balanced brackets that open at `start`. */
function endOfJson(path: string, start: number): number {
  if (path[start] === '"') return endOfString(path, start) + 1
  let depth = 0
  for (let i = start; i < path.length; i++) {
    if (path[i] === '\\') i++
    else if (path[i] === '"') i = endOfString(path, i)
    else if ('{[('.includes(path[i])) depth++
    else if ('}])'.includes(path[i]) && --depth === 0) return i + 1
  }
  return path.length
}

function endOfText(path: string, start: number): number {
  const pipe = path.indexOf('|', start)
  return pipe < 0 ? path.length : pipe
}
