/** The part of JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[-1:]`, `[1:3]`, `[*]`, `[?(@.type=="Ready")]`. */

type Step = (values: readonly unknown[]) => unknown[]

/** A function from an object to all values at `path`. Throws Error for a path outside of this grammar. */
export function jsonPath(path: string): (object: unknown) => unknown[] {
  const steps: Step[] = []
  let rest = path
    .trim()
    .replace(/^\{|\}$/g, '')
    .replace(/^\$/, '')
  while (rest !== '') {
    const found = forms.map(form => ({ form, match: form.pattern.exec(rest) })).find(({ match }) => match !== null)
    if (!found?.match) throw new Error(`JSON path "${path}": expected .field, [index], [from:to], [*] or [?(@.x=="y")]`)
    steps.push(found.form.step(found.match))
    rest = rest.slice(found.match[0].length)
  }
  return object => steps.reduce<unknown[]>((values, step) => step(values), [object])
}

const forms: readonly { pattern: RegExp; step(match: RegExpExecArray): Step }[] = [
  { pattern: /^\.?\[\*\]|^\.\*/, step: () => values => values.flatMap(elements) },
  { pattern: /^\.?\['((?:[^'\\]|\\.)*)'\]/, step: match => field(unescaped(match[1])) },
  { pattern: /^\.?\["((?:[^"\\]|\\.)*)"\]/, step: match => field(unescaped(match[1])) },
  {
    pattern: /^\[(-?\d+)\]/,
    step:
      ([, at]) =>
      values =>
        values.flatMap(value => list(value).slice(Number(at)).slice(0, 1)),
  },
  {
    pattern: /^\[(-?\d*):(-?\d*)\]/,
    step: ([, from, to]) => {
      const end = to === '' ? undefined : Number(to)
      return values => values.flatMap(value => list(value).slice(Number(from), end))
    },
  },
  {
    pattern: /^\[\?\(\s*@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*\)\]/,
    step: ([, at, operator, double, single, bare]) => {
      const read = jsonPath(at)
      const wanted = double ?? single ?? bare
      const holds = (value: unknown) => (String(read(value)[0]) === wanted) === (operator === '==')
      return values => values.flatMap(value => list(value).filter(holds))
    },
  },
  { pattern: /^\.((?:[^.[\]\\]|\\.)+)/, step: match => field(unescaped(match[1])) },
]

const unescaped = (text: string) => text.replaceAll(/\\(.)/g, '$1')

const field =
  (name: string): Step =>
  values =>
    values.flatMap(value =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? [(value as Record<string, unknown>)[name]]
        : [],
    )

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const elements = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []
