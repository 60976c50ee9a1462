/** `qalam version` */
import packageJson from '../package.json' with { type: 'json' }

export const VERSION = packageJson.version

export function version(options: { output?: string }): void {
  const answer = { qalam: VERSION, node: process.versions.node, platform: `${process.platform}-${process.arch}` }
  const text =
    options.output === 'json'
      ? JSON.stringify(answer)
      : `qalam ${answer.qalam} (node ${answer.node}, ${answer.platform})`
  process.stdout.write(`${text}\n`)
}
