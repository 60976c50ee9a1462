/** Writes the files that are made from the schemas: `node cli/generate.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { customResourceDefinitions } from '#api'

export interface GeneratedFile {
  /** From the root of the house. */
  readonly path: string
  readonly text: string
}

/** Every generated file; a test compares them with those that are checked in. */
export function generatedFiles(): readonly GeneratedFile[] {
  return customResourceDefinitions().map(crd => {
    const [plural, ...group] = crd.metadata.name.split('.')
    const text = `# Generated from api/ by \`node cli/generate.ts\`; changes here are lost.\n${stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false })}`
    return { path: `manifests/crd/${group.join('.')}_${plural}.yaml`, text }
  })
}

if (import.meta.main) {
  for (const { path, text } of generatedFiles()) {
    const file = join(import.meta.dirname, '..', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    process.stdout.write(`${path}\n`)
  }
}
