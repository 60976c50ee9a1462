/** Label and field selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k` and `metadata.name=x,status.phase!=Running`. */

/** One requirement of a label selector; all of a selector must hold. */
interface Requirement {
  readonly key: string
  readonly operator: 'in' | 'notin' | 'exists' | 'absent'
  readonly values: ReadonlySet<string>
}

export type Labels = Readonly<Record<string, string>> | null | undefined

/** Throws Error with one sentence for text that is no selector. An empty selector selects everything. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const requirements = splitOutside(text).map(requirement)
  return labels => requirements.every(each => holds(each, labels ?? {}))
}

/** `matchLabels` and `matchExpressions` of an object's own selector. */
export function objectSelector(selector: {
  matchLabels?: Readonly<Record<string, string>>
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[]
}): (labels: Labels) => boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'in', values: new Set([value]) }),
  )
  const expressed = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }): Requirement => ({
      key,
      operator: ({ In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'absent' } as const)[operator] ?? 'exists',
      values: new Set(values),
    }),
  )
  return labels => [...equal, ...expressed].every(each => holds(each, labels ?? {}))
}

/** Throws Error for text that is no field selector. Fields that an object does not have are empty. */
export function fieldSelector(text: string): (object: unknown) => boolean {
  const terms = text
    .split(',')
    .filter(term => term.trim() !== '')
    .map(term => {
      const match = /^\s*([\w.-]+)\s*(!=|==|=)\s*(.*?)\s*$/.exec(term)
      if (!match) throw new Error(`field selector "${text}": expected field=value or field!=value, got "${term}"`)
      return { path: match[1].split('.'), equal: match[2] !== '!=', value: match[3] }
    })
  return object => terms.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal)
}

function fieldText(object: unknown, path: readonly string[]): string {
  const value = path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    object,
  )
  return value === undefined || value === null ? '' : String(value)
}

function holds({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const present = Object.hasOwn(labels, key)
  switch (operator) {
    case 'in':
      return present && values.has(labels[key])
    case 'notin':
      return !present || !values.has(labels[key])
    case 'exists':
      return present
    case 'absent':
      return !present
  }
}

const KEY = String.raw`[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?`
const grammar = new RegExp(
  String.raw`^\s*(?:(!)\s*(${KEY})|(${KEY})(?:\s*(==|=|!=)\s*([\w.-]*)|\s+(in|notin)\s*\(([^()]*)\))?)\s*$`,
)

function requirement(text: string): Requirement {
  const match = grammar.exec(text)
  if (!match)
    throw new Error(
      `label selector: expected key, !key, key=value, key!=value, key in (a,b) or key notin (a,b), got "${text}"`,
    )
  const [, not, absentKey, key, equals, value, set, list] = match
  if (not) return { key: absentKey, operator: 'absent', values: new Set() }
  if (set) return { key, operator: set as 'in' | 'notin', values: new Set(list.split(',').map(item => item.trim())) }
  if (equals) return { key, operator: equals === '!=' ? 'notin' : 'in', values: new Set([value]) }
  return { key, operator: 'exists', values: new Set() }
}

/** Parts between commas that stand outside of parentheses. */
function splitOutside(text: string): string[] {
  return text.split(/,(?![^(]*\))/).filter(part => part.trim() !== '')
}
