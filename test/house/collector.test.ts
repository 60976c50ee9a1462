import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { importsOf, rooms, sourceFiles } from './source-files.ts'

const files = new Map(rooms.flatMap(room => sourceFiles(room)).map(file => [file.path, file]))
const withoutTypes = (text: string) => text.replaceAll(/^(import|export) type [^;]*?from '[^']+'$/gm, '')

/** Every module that the sidecar can load, types left out. */
function closure(): { readonly paths: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const paths = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string) => {
    if (paths.has(path)) return
    paths.add(path)
    for (const name of importsOf(withoutTypes(files.get(path)?.text ?? ''))) {
      if (name.startsWith('#')) visit(`${name.slice(1)}/index.ts`)
      else if (name.startsWith('.')) visit(join(dirname(path), name))
      else packages.add(name)
    }
  }
  visit('cli/collector-main.ts')
  return { paths, packages }
}

test('the sidecar loads the collector alone: no Kubernetes client, no mathjs, no zod', () => {
  const { paths, packages } = closure()
  expect(paths).toContain('collector/run.ts')
  expect([...paths].filter(path => !path.startsWith('collector/'))).toEqual(['cli/collector-main.ts'])
  // The engine of user filters, imported when there are any.
  expect([...packages].filter(name => !name.startsWith('node:'))).toEqual(['re2js'])
})

test('nor node:http as a module, which costs ten megabytes', () => {
  expect([...closure().packages].filter(name => /^node:https?$/.test(name))).toEqual([])
})
