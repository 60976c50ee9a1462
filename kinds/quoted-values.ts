/**
 * Words that a shell will read again, with the values of parameters in them: what a value says must arrive, not be carried out.
 *
 * Katib joins words without quoting, and manifests count on its shell: values of several words fall apart, `$HOME` is expanded, and
 * whoever has values with quotes puts quotes around them in the manifest. So a value is quoted only where the shell would read
 * syntax in it, and as the quotes around it ask for (docs/decisions/0048).
 */

/** `word`, with each of `values` in it as the shell has to see it. */
export function withQuotedValues(word: string, values: readonly string[]): string {
  const special = values.filter(value => !isPlain(value)).sort((a, b) => b.length - a.length)
  if (special.length === 0) return word
  const anyOfThem = new RegExp(special.map(value => RegExp.escape(value)).join('|'), 'g')
  return word.replace(anyOfThem, (value, at: number) => {
    const around = quoteAround(word.slice(0, at))
    if (around === "'") return value.replaceAll("'", "'\\''")
    if (around === '"') return value.replace(/[`"\\]|\$(?=[({])/g, '\\$&')
    return `'${value.replaceAll("'", "'\\''")}'`
  })
}

/** Words, variables and patterns of file names; words alone also in quotes that the shell is to take away. */
function isPlain(value: string): boolean {
  return (
    /^([\w@%+=:,./ ~*?-]|\P{ASCII}|\$\w+|\$\{\w+\})*$/u.test(value) ||
    /^(["'])([\w@%+=:,./ -]|\P{ASCII})*\1$/u.test(value)
  )
}

/** The quote that is open at the end of what a shell has read. */
function quoteAround(text: string): '"' | "'" | undefined {
  let open: '"' | "'" | undefined
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]
    if (letter === '\\' && open !== "'") i++
    else if (letter === open) open = undefined
    else if (open === undefined && (letter === '"' || letter === "'")) open = letter
  }
  return open
}
