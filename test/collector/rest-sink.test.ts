import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { restSink } from '../../collector/delivery/rest-sink.ts'

interface Body {
  readonly rows: readonly unknown[]
  readonly final?: boolean
  readonly diagnosis?: string
}

let directory: string
let answers: number[]
let taken: Body[]
const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  request.on('end', () => {
    const status = answers.shift() ?? 200
    if (status < 300) taken.push(JSON.parse(text) as Body)
    response.writeHead(status).end(status < 300 ? '{}' : 'no value of this kind')
  })
})

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rest-sink-'))
  writeFileSync(join(directory, 'token'), 'token')
  taken = []
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  rmSync(directory, { recursive: true })
  await new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ metricName: 'loss', value: '1', sequence: i }))

test.each([
  { name: 'a diagnosis of its own', diagnosis: 'never seen; write it', says: 'never seen; write it; ' },
  { name: 'none', diagnosis: undefined, says: '' },
])(
  'what the server will not take is said once, counted, and told with the final: $name',
  async ({ diagnosis, says }) => {
    answers = [422, 200, 400]
    const said: string[] = []
    const { port } = server.address() as AddressInfo
    const sink = restSink({
      url: `http://127.0.0.1:${port}`,
      namespace: 'default',
      trial: 't',
      tokenFile: join(directory, 'token'),
      onDropped: sentence => void said.push(sentence),
    })
    const report = { trialUid: 'u', attempt: 0, stream: 's' }
    await sink.report({ ...report, rows: rows(3) })
    await sink.report({ ...report, rows: rows(1) })
    await sink.report({ ...report, rows: rows(2) })
    await sink.report({ ...report, rows: [], final: true, ...(diagnosis !== undefined && { diagnosis }) })
    expect(said).toEqual(['the server answered 422: no value of this kind', '5 values in all'])
    expect(taken.map(body => body.rows.length)).toEqual([1, 0])
    expect(taken[1].diagnosis).toBe(
      `${says}ReportsRefused: 5 values were refused and are lost: the server answered 422: no value of this kind`,
    )
  },
)
