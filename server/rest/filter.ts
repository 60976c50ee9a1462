/**
 * The grammar of `?filter=`, shared by everything that selects trials.
 *
 *   or    = and { "or" and }
 *   and   = not { [ "and" ] not }            adjacent terms mean and
 *   not   = "not" not | "(" or ")" | term
 *   term  = field operator value | field "in" "(" value { "," value } ")"
 *   operator = ":" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
 *
 * A field or value that is not plain letters, digits and `_ . / + -` stands in double quotes. `:` is `=` without case; `~`
 * means "contains", without case. Numbers are compared as numbers where both sides are numbers. A comparison with a value a
 * trial does not have is false, `!=` too.
 */
import { type ColumnOf, columnOf, type FieldValue } from './columns.ts'
import { Refusal } from './problem.ts'
import type { TrialRow } from './trial-row.ts'

export type RowPredicate = (row: TrialRow) => boolean

/** Throws `Refusal` 400 that names the position, counted from 1. `columns` reads fields, and may refuse one. */
export function parseFilter(text: string, columns: ColumnOf = columnOf): RowPredicate {
  if (text.length > 4_096) throw new Refusal(400, `filter: at most 4096 characters, got ${text.length}`)
  const parser = new Parser(tokens(text), columns)
  return parser.whole()
}

type Token = { readonly kind: 'word' | 'quoted' | 'symbol' | 'end'; readonly text: string; readonly at: number }

function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  const pattern =
    /\s*(?:(?<word>[\p{L}\p{N}_./+-]+)|"(?<quoted>(?:[^"\\]|\\.)*)"|(?<symbol>!=|<=|>=|[:=<>~(),])|(?<end>$))/uy
  while (pattern.lastIndex <= text.length) {
    const from = pattern.lastIndex
    const match = pattern.exec(text)
    if (match?.groups === undefined) throw unexpected(text[skipSpace(text, from)], skipSpace(text, from))
    const { word, quoted, symbol } = match.groups
    const at = skipSpace(text, from)
    if (word !== undefined) found.push({ kind: 'word', text: word, at })
    else if (quoted !== undefined) found.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/g, '$1'), at })
    else if (symbol !== undefined) found.push({ kind: 'symbol', text: symbol, at })
    else return [...found, { kind: 'end', text: 'the end', at }]
  }
  return found
}

const skipSpace = (text: string, at: number) => at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0)

const unexpected = (text: string, at: number, wanted = '') =>
  new Refusal(400, `filter: ${wanted === '' ? '' : `expected ${wanted}, `}got ${text} at position ${at + 1}`)

const DEPTH_LIMIT = 32

class Parser {
  #tokens: readonly Token[]
  readonly #columns: ColumnOf
  #next = 0
  #depth = 0

  constructor(found: readonly Token[], columns: ColumnOf) {
    this.#tokens = found
    this.#columns = columns
  }

  whole(): RowPredicate {
    const predicate = this.#or()
    const left = this.#peek()
    if (left.kind !== 'end') throw unexpected(left.text, left.at, '"and", "or" or the end')
    return predicate
  }

  #or(): RowPredicate {
    let left = this.#and()
    while (this.#take('or')) left = either(left, this.#and())
    return left
  }

  #and(): RowPredicate {
    let left = this.#not()
    while (this.#take('and') || this.#startsTerm()) left = both(left, this.#not())
    return left
  }

  #not(): RowPredicate {
    if (++this.#depth > DEPTH_LIMIT) throw unexpected('more', this.#peek().at, `at most ${DEPTH_LIMIT} levels`)
    try {
      if (this.#take('not')) {
        const inner = this.#not()
        return row => !inner(row)
      }
      if (!this.#takeSymbol('(')) return this.#term()
      const inner = this.#or()
      this.#expectSymbol(')')
      return inner
    } finally {
      this.#depth--
    }
  }

  #term(): RowPredicate {
    const field = this.#expectText('a field')
    const column = this.#columns(field)
    const operator = this.#peek()
    this.#next++
    if (operator.kind === 'word' && operator.text.toLowerCase() === 'in') return isAmong(column, this.#list())
    const compare = operator.kind === 'symbol' ? OPERATORS[operator.text] : undefined
    if (compare === undefined) throw unexpected(operator.text, operator.at, 'one of : = != < <= > >= ~ in')
    const wanted = this.#expectText('a value')
    return row => {
      const value = column(row)
      return value !== undefined && compare(value, wanted)
    }
  }

  #list(): readonly string[] {
    this.#expectSymbol('(')
    const values = [this.#expectText('a value')]
    while (this.#takeSymbol(',')) values.push(this.#expectText('a value'))
    this.#expectSymbol(')')
    return values
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]
  }

  #startsTerm(): boolean {
    const { kind, text } = this.#peek()
    return kind === 'quoted' || (kind === 'word' && text.toLowerCase() !== 'or') || (kind === 'symbol' && text === '(')
  }

  #take(word: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'word' || text.toLowerCase() !== word) return false
    this.#next++
    return true
  }

  #takeSymbol(symbol: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'symbol' || text !== symbol) return false
    this.#next++
    return true
  }

  #expectSymbol(symbol: string): void {
    const { text, at } = this.#peek()
    if (!this.#takeSymbol(symbol)) throw unexpected(text, at, `"${symbol}"`)
  }

  #expectText(wanted: string): string {
    const { kind, text, at } = this.#peek()
    if (kind !== 'word' && kind !== 'quoted') throw unexpected(text, at, wanted)
    this.#next++
    return text
  }
}

const either = (a: RowPredicate, b: RowPredicate) => (row: TrialRow) => a(row) || b(row)
const both = (a: RowPredicate, b: RowPredicate) => (row: TrialRow) => a(row) && b(row)

const isAmong = (column: (row: TrialRow) => FieldValue | undefined, wanted: readonly string[]) => (row: TrialRow) => {
  const value = column(row)
  return value !== undefined && wanted.some(each => isEqual(value, each))
}

const isEqual = (value: FieldValue, wanted: string) => order(value, wanted) === 0
const lower = (value: FieldValue | string) => String(value).toLowerCase()

const OPERATORS: Readonly<Record<string, (value: FieldValue, wanted: string) => boolean>> = {
  ':': (value, wanted) => isEqual(value, wanted) || lower(value) === lower(wanted),
  '=': isEqual,
  '!=': (value, wanted) => !isEqual(value, wanted),
  '<': (value, wanted) => order(value, wanted) < 0,
  '<=': (value, wanted) => order(value, wanted) <= 0,
  '>': (value, wanted) => order(value, wanted) > 0,
  '>=': (value, wanted) => order(value, wanted) >= 0,
  '~': (value, wanted) => lower(value).includes(lower(wanted)),
}

/** Below, at or above; NaN, which makes every comparison false, where a number meets a word. */
function order(value: FieldValue, wanted: string): number {
  if (typeof value === 'string') return value < wanted ? -1 : value > wanted ? 1 : 0
  const number = Number(wanted)
  return wanted.trim() === '' || Number.isNaN(number) ? Number.NaN : value - number
}
