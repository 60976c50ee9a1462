/** The files of the house, as the house rules see them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

export const rooms = [
  'api',
  'numerics',
  'suggestion',
  'earlystop',
  'kinds',
  'collector',
  'store',
  'kube',
  'controller',
  'server',
  'standalone',
  'cli',
] as const
export type Room = (typeof rooms)[number]

export interface SourceFile {
  /** From the root of the house, with slashes. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly lineCount: number
}

/** Every TypeScript file below `folder`, except declarations. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.ts$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map(entry => {
      const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')
      const text = readFileSync(join(root, path), 'utf8')
      return { path, room: path.split('/')[0], text, lineCount: text.split('\n').length - 1 }
    })
}

/** The module names a file imports, static and dynamic, types included. */
export function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm)
  return [...found].map(match => match[1])
}
