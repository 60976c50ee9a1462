/** `$(NAME)` in commands, arguments and values, as Kubernetes expands it. */

/** `$$` is `$`; a reference to a name that is not there stays as it is written. One pass: what comes in is not expanded again. */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(\$|\(([^()]*)\))/g, (whole, _rest, name: string | undefined) => {
    if (name === undefined) return '$'
    return Object.hasOwn(variables, name) ? variables[name] : whole
  })
}
