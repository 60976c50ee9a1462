/** From any value to an Experiment: every mistake of spelling, found at once. */
import type { z } from 'zod'
import type { SpecProblem } from './error.ts'
import { Experiment } from './experiment.ts'
import { asMeant, isObject } from './tolerance.ts'

export interface ParsedExperiment {
  /** With placeholders where `problems` are, so that the rest can be judged too; undefined: nothing can be made of it. */
  readonly experiment: Experiment | undefined
  /** Empty: `experiment` is exactly what was given. */
  readonly problems: readonly SpecProblem[]
}

/**
 * Reads an Experiment as its client meant it (`tolerance.ts`). Fields that are not known stay, here and inside the
 * trial's template.
 */
export function parseExperiment(object: unknown): ParsedExperiment {
  const shape = shapeProblems(object)
  if (shape.length > 0) return { experiment: undefined, problems: shape }
  const problems: SpecProblem[] = []
  let current = asMeant(object)
  for (let pass = 0; pass < maxPasses; pass++) {
    const parsed = Experiment.safeParse(current)
    if (parsed.success) return { experiment: parsed.data, problems }
    for (const issue of parsed.error.issues) {
      const path = issue.path.filter(key => typeof key !== 'symbol')
      if (pass === 0 || !problems.some(problem => covers(problem.path, dotted(path)))) {
        problems.push(problemOf(issue, path, at(current, path)))
      }
      current = replaceAt(current, path, placeholder(issue))
    }
  }
  return { experiment: undefined, problems }
}

/** What may not even be walked through: a key that reaches a prototype, and nesting without end. */
function shapeProblems(value: unknown, path: readonly (string | number)[] = []): readonly SpecProblem[] {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return []
  if (path.length > MAX_DEPTH) {
    return [
      { path: dotted(path.slice(0, 3)), reason: 'Invalid', message: `expected at most ${MAX_DEPTH} levels, got more` },
    ]
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => shapeProblems(item, [...path, i]))
  return Object.entries(value).flatMap(([key, field]) => {
    if (key !== '__proto__') return shapeProblems(field, [...path, key])
    return [
      { path: dotted([...path, key]), reason: 'Invalid', message: 'expected another key, got "__proto__"; rename it' },
    ]
  })
}

const MAX_DEPTH = 64

/** Each pass mends one level; the schema nests no deeper than this. */
const maxPasses = 8

/** `spec.parameters[2].name` */
export function dotted(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
}

/** `path` is `outer` or lies below it. */
export function covers(outer: string, path: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}

/** Of any other value of ours that was not parsed whole. */
export function spellingProblems(error: z.ZodError, value: unknown): readonly SpecProblem[] {
  return error.issues.map(issue => {
    const path = issue.path.filter(key => typeof key !== 'symbol')
    return problemOf(issue, path, at(value, path))
  })
}

function problemOf(issue: z.core.$ZodIssue, path: readonly (string | number)[], got: unknown): SpecProblem {
  const missing = got === undefined
  const expected = expectation(issue)
  const hint = issue.code === 'invalid_type' && issue.expected === 'string' && isPlain(got) ? '; put it in quotes' : ''
  const reason = missing ? 'Required' : issue.code === 'invalid_type' ? 'TypeInvalid' : 'Invalid'
  return { path: dotted(path), reason, message: `expected ${expected}, got ${shown(got)}${hint}` }
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return wordList(issue.values.map(String))
  if (issue.code === 'too_small') return `a number of at least ${issue.minimum}`
  if (issue.code === 'too_big') return `a number of at most ${issue.maximum}`
  if (issue.code === 'invalid_type') return typeNames[issue.expected] ?? `a ${issue.expected}`
  return issue.message
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** `a`, `a or b`, `a, b or c` */
function wordList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** What a user recognises of a value, in at most 60 characters. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && !JSON.isRawJSON(value)) return 'an object'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || JSON.isRawJSON(value)
}

/** A value of the expected type, so that the next pass gets further; a number is left out, every one may be. */
function placeholder(issue: z.core.$ZodIssue): unknown {
  if (issue.code === 'invalid_value') return issue.values[0]
  if (issue.code !== 'invalid_type') return undefined
  if (issue.expected === 'array') return []
  if (issue.expected === 'object' || issue.expected === 'record') return {}
  return issue.expected === 'string' ? '' : undefined
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string | number, unknown>)[key]
        : undefined,
    value,
  )
}

function replaceAt(value: unknown, path: readonly (string | number)[], next: unknown): unknown {
  if (path.length === 0) return next
  const [key, ...rest] = path
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? replaceAt(item, rest, next) : item))
  const object = isObject(value) ? value : {}
  return { ...object, [key]: replaceAt(object[key], rest, next) }
}
