/** `qalam version` */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }

export const VERSION = manifest.version

export function version(options: { output?: string }): void {
  const answer = { qalam: VERSION, node: process.versions.node, platform: `${process.platform}-${process.arch}` }
  const text =
    options.output === 'json'
      ? JSON.stringify(answer)
      : `qalam ${answer.qalam} (node ${answer.node}, ${answer.platform})`
  process.stdout.write(`${text}\n`)
}
