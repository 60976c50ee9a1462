/** From a path in the container to a path on this machine. */
import { join, posix } from 'node:path'

export interface Mount {
  readonly mountPath: string
  readonly directory: string
}

/** Where `path` lies, and the directory it must stay in. `undefined`: below no mount. The longest mount wins. */
export function resolveMounted(path: string, mounts: readonly Mount[]): { path: string; root: string } | undefined {
  const clean = posix.normalize(path)
  const holding = mounts
    .filter(({ mountPath }) => isBelow(clean, posix.normalize(mountPath)))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0]
  if (holding === undefined) return undefined
  const relative = posix.relative(posix.normalize(holding.mountPath), clean)
  return { path: join(holding.directory, relative), root: holding.directory }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
