/** Container paths in words of a command line become paths of this machine. */

export interface Mapping {
  /** Absolute, without a slash at its end. */
  readonly from: string
  readonly to: string
}

/** Longest first, so that a mount inside another wins. */
export function sortMappings(mappings: readonly Mapping[]): readonly Mapping[] {
  return mappings
    .map(({ from, to }) => ({ from: from.replace(/(?<=.)\/+$/, ''), to }))
    .filter(({ from }) => from.startsWith('/') && from !== '/')
    .toSorted((a, b) => b.from.length - a.from.length)
}

/** A path begins where no character of a path or name stands before its slash. */
const ABSOLUTE_PATH = /(?<![\w./@%+~-])\/[\w.@%+~-][\w./@%+~-]*/g

/**
 * The text with every absolute path below a mapping replaced; `exists` says where a path of the local image is, if it has
 * it. Each path is replaced once, and boundaries are respected: `/katib` is not in `/katib-2` nor in `http://host/katib`.
 */
export function mapPaths(
  text: string,
  mappings: readonly Mapping[],
  exists: (path: string) => string | undefined = () => undefined,
): string {
  if (!text.includes('/')) return text
  return text.replaceAll(ABSOLUTE_PATH, path => {
    const mapping = mappings.find(({ from }) => path === from || path.startsWith(`${from}/`))
    if (mapping) return mapping.to + path.slice(mapping.from.length)
    return exists(path) ?? path
  })
}
