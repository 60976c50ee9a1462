/**
 * What the sidecar costs: `node bench/sidecar.ts [--runs 5]`. JSON on stdout, a table on stderr.
 *
 * Each run starts `./qalam collector` on a log that is there already. Started: from the spawn of the launcher to its first
 * report. Memory: its resident set after it has reported 10,000 lines over HTTP (Linux alone). Goals: 300 ms, 60 MiB.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from 'simple-statistics'
import { residentMiB } from './processor-time.ts'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
const LINES = 10_000
const root = join(import.meta.dirname, '..')

interface Run {
  readonly firstReportMs: number
  readonly rssMib: number
}

async function run(): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-sidecar-'))
  const log = join(directory, 'metrics.log')
  writeFileSync(log, Array.from({ length: LINES }, (_, i) => `loss=${1 / (i + 1)}\n`).join(''))
  writeFileSync(join(directory, 'token'), 'token')
  const all = Promise.withResolvers<void>()
  let firstReportMs = 0
  let rowCount = 0
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', chunk => {
      text += chunk
    })
    request.on('end', () => {
      firstReportMs ||= performance.now() - began
      rowCount += (JSON.parse(text) as { rows: unknown[] }).rows.length
      response.end('{"acknowledged":0}')
      if (rowCount === LINES) all.resolve()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const env = {
    ...process.env,
    QALAM_SERVER_URL: `http://127.0.0.1:${port}`,
    QALAM_TOKEN_FILE: join(directory, 'token'),
    QALAM_SPOOL_DIR: directory,
  }
  const began = performance.now()
  const args = ['collector', '-t', 'bench', '-m', 'loss', '-path', log, '-format', 'TEXT']
  const child = spawn(join(root, 'qalam'), args, { env, stdio: 'ignore' })
  const over = new Promise(resolve => child.on('close', resolve))
  await all.promise
  const rssMib = residentMiB(child.pid ?? 0)
  writeFileSync(join(directory, '1.pid'), 'completed\n')
  await over
  server.close()
  rmSync(directory, { recursive: true })
  return { firstReportMs, rssMib }
}

// The first fills the compile cache, as an image's build does.
await run()
const runs: Run[] = []
for (let i = 0; i < Number(options.runs); i++) runs.push(await run())
const result = {
  firstReportMs: median(runs.map(each => each.firstReportMs)),
  rssMib: median(runs.map(each => each.rssMib)),
}
console.log(JSON.stringify({ ...result, runs }))
console.error(
  `first report after ${result.firstReportMs.toFixed(0)} ms (goal 300), resident ${result.rssMib.toFixed(1)} MiB (goal 60)`,
)
