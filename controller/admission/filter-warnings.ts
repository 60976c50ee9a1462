/** Filters (`metricsFormat`) that compile and still cannot read a wanted metric. */
import { RE2JS } from 're2js'
import { type SpecProblem, shown } from '#api'
import { invalid } from './problem.ts'

const PATH = 'spec.metricsCollectorSpec.source.filter.metricsFormat'

/** `names`: the objective first. Every filter compiles and has two groups. */
export function filterWarnings(filters: readonly string[], names: readonly string[]): readonly SpecProblem[] {
  if (filters.length === 0) return []
  const groups = filters.map(capturingGroups)
  const unnamed = names.filter(name => !groups.some(([first]) => first === undefined || matches(first, name)))
  const values = groups.flatMap(([, second], i) =>
    second === undefined || NUMBERS.some(number => matches(second, number))
      ? []
      : [
          invalid(
            `${PATH}[${i}]`,
            `its second group takes no number, got ${shown(filters[i])}; the value is read from it`,
          ),
        ],
  )
  if (unnamed.length === 0) return values
  const told = unnamed.map(name => shown(name)).join(', ')
  return [...values, invalid(PATH, `no first group takes the name ${told}; the name of the metric is read from it`)]
}

const NUMBERS = ['1', '0.5', '-0.5', '12.25', '1e-5', '97', '97%']

function matches(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(`^\\s*(?:${pattern})\\s*$`).matcher(text).find()
  } catch {
    // Out of its place the group means nothing (flags set before it, say): nothing can be said.
    return true
  }
}

/** The text inside of each capturing group, in the order in which they open. */
function capturingGroups(pattern: string): readonly string[] {
  const found: string[] = []
  const open: { readonly from: number; readonly index: number | undefined }[] = []
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at]
    if (letter === '\\') at++
    else if (letter === '[') at = classEnd(pattern, at)
    else if (letter === '(') {
      const name = /^\(\?P?<[^=!>]*>/.exec(pattern.slice(at))?.[0]
      const captures = pattern[at + 1] !== '?' || name !== undefined
      open.push({ from: at + (name?.length ?? 1), index: captures ? found.push('') - 1 : undefined })
    } else if (letter === ')') {
      const group = open.pop()
      if (group?.index !== undefined) found[group.index] = pattern.slice(group.from, at)
    }
  }
  return found
}

function classEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern[at] === '^') at++
  if (pattern[at] === ']') at++
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
  return at
}
