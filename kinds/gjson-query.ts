/** Queries of GJSON paths: `#(key op value)`, compared as GJSON compares. */
import { matchesWildcard } from './gjson-wildcard.ts'

export interface Query {
  /** Path inside the element; empty: the element itself. */
  readonly path: string
  /** Empty: the element needs only to have the path. */
  readonly operator: '' | '=' | '!=' | '<' | '<=' | '>' | '>=' | '%' | '!%'
  readonly value: string
}

/** The query at the start of `path` (`#(` or `#[`) and the index behind its closing bracket; undefined: unbalanced. */
export function parseQuery(path: string): { readonly query: Query; readonly end: number } | undefined {
  let depth = 1
  let operatorAt = 0
  let i = 2
  for (; i < path.length; i++) {
    const character = path[i]
    if (depth === 1 && operatorAt === 0 && '!=<>%'.includes(character)) {
      operatorAt = i
      continue
    }
    if (character === '\\') i++
    else if (character === '[' || character === '(') depth++
    else if (character === ']' || character === ')') {
      depth--
      if (depth === 0) break
    } else if (character === '"') i = endOfString(path, i)
  }
  if (depth > 0) return undefined
  const end = i + 1
  if (operatorAt === 0) return { query: { path: path.slice(2, i).trim(), operator: '', value: '' }, end }
  const comparison = path.slice(operatorAt, i).trim()
  const spelled = /^(==|!=|!%|<=|>=|=|<|>|%|!)/.exec(comparison)?.[0] ?? ''
  const operator = (spelled === '==' ? '=' : spelled) as Query['operator']
  const value = unquote(comparison.slice(spelled.length).trim())
  return { query: { path: path.slice(2, operatorAt).trim(), operator, value }, end }
}

/** Index of the closing quote of the string that opens at `start` (or the end of the text). */
export function endOfString(text: string, start: number): number {
  let i = start + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return Math.min(i, text.length - 1)
}

/** Whether a found value answers the query. `undefined` is a value that does not exist; null and objects never match. */
export function answers(query: Query, found: unknown): boolean {
  const [value, wanted] = query.value.startsWith('~') ? asTruth(found, query.value.slice(1)) : [found, query.value]
  if (value === undefined) return false
  if (query.operator === '') return true
  if (typeof value === 'string') return compareText(query.operator, value, wanted)
  if (typeof value === 'boolean') return compareTruth(query.operator, value, wanted)
  const number = numberOf(value)
  return number !== undefined && compareNumber(query.operator, number, parseNumber(wanted))
}

/** A number of the tree: a plain one, or one kept digit by digit. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return JSON.isRawJSON(value) ? Number(value.rawJSON) : undefined
}

/** Text that is no number counts as 0. */
function parseNumber(text: string): number {
  const number = Number(text)
  return text === '' || Number.isNaN(number) ? 0 : number
}

/** `~true`, `~false`, `~null`, `~*`: the value is turned into true or false first, then compared with true. */
function asTruth(found: unknown, kind: string): readonly [unknown, string] {
  if (kind === '*') return [found !== undefined, 'true']
  if (kind === 'null') return [found === undefined || found === null, 'true']
  if (kind === 'true') return [truth(found) === true, 'true']
  if (kind === 'false') return [found === undefined || found === null || truth(found) === false, 'true']
  return [undefined, '']
}

function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const number = numberOf(value)
  if (number !== undefined) return number !== 0
  if (typeof value !== 'string') return undefined
  if (/^(1|t|true)$/i.test(value)) return true
  return /^(0|f|false)$/i.test(value) ? false : undefined
}

function compareText(operator: Query['operator'], value: string, wanted: string): boolean {
  if (operator === '%') return matchesWildcard(value, wanted)
  if (operator === '!%') return !matchesWildcard(value, wanted)
  return compareOrdered(operator, value, wanted)
}

function compareNumber(operator: Query['operator'], value: number, wanted: number): boolean {
  return compareOrdered(operator, value, wanted)
}

/** True is above false; text other than the two words is neither. */
function compareTruth(operator: Query['operator'], value: boolean, wanted: string): boolean {
  if (operator === '=') return wanted === String(value)
  if (operator === '!=') return wanted !== String(value)
  if (value) return operator === '>=' || (operator === '>' && wanted === 'false')
  return operator === '<=' || (operator === '<' && wanted === 'true')
}

function compareOrdered<T extends string | number>(operator: Query['operator'], value: T, wanted: T): boolean {
  if (operator === '=') return value === wanted
  if (operator === '!=') return value !== wanted
  if (operator === '<') return value < wanted
  if (operator === '<=') return value <= wanted
  if (operator === '>') return value > wanted
  return operator === '>=' && value >= wanted
}

function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  try {
    return JSON.parse(text) as string
  } catch {
    // Not a JSON string (a stray backslash): GJSON compares the characters as they stand.
    return text.slice(1, -1)
  }
}
