/** Problems in the form that every check reports: `path: expected ..., got ...; what to do`. */
import { type SpecProblem, shown } from '#api'

export function invalid(path: string, message: string): SpecProblem {
  return { path, reason: 'Invalid', message }
}

export function required(path: string, message: string): SpecProblem {
  return { path, reason: 'Required', message }
}

export function forbidden(path: string, message: string): SpecProblem {
  return { path, reason: 'Forbidden', message }
}

function duplicate(path: string, message: string): SpecProblem {
  return { path, reason: 'Duplicate', message }
}

/** One problem for each text that stood earlier in the list; `pathOf` names its place. */
export function duplicates(texts: readonly string[], pathOf: (i: number) => string): readonly SpecProblem[] {
  const firsts = new Map<string, number>()
  return texts.flatMap((text, i) => {
    const first = firsts.get(text)
    if (first === undefined) {
      firsts.set(text, i)
      return []
    }
    return [duplicate(pathOf(i), `expected each once, got ${shown(text)} as in ${pathOf(first)}; remove or rename it`)]
  })
}
