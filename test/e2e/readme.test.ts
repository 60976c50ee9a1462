import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finished, root, temporaryDirectory } from '../support/qalam.ts'

/** Every block fenced as `sh` runs as written, in the root, one shell a block; installing has happened already. */
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  match => match[1],
)
const runnable = blocks.map(block => block.replaceAll(/npm ci && /g, '')).filter(block => !/^npm test$/m.test(block))

test('the README has blocks to run', () => {
  expect(runnable.length).toBeGreaterThanOrEqual(3)
})

test.each(runnable)('%s', async block => {
  using directory = temporaryDirectory()
  // Blocks name no data directory; theirs is made to stand in a place of its own.
  const script = block
    .replaceAll(/^(\s*)npm run demo$/gm, `$1npm run demo -- --data-dir ${directory.path}/data`)
    .replaceAll(
      /\.\/qalam (run|get|best|trials|logs|describe|stop|resume|apply|create|delete|server)\b/g,
      `./qalam $1 --data-dir ${directory.path}/data`,
    )
  const { code, stderr } = await finished(
    spawn('sh', ['-e', '-c', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
})
