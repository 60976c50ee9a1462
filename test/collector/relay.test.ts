/** A log that comes from the server in pieces, with breaks, from a program that nobody could wrap. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { relayLog } from '../../collector/relay.ts'
import { runSidecar } from '../../collector/sidecar.ts'

/** One answer to a request for the log. */
type Go = (response: ServerResponse) => void

let directory: string
let goes: Go[]
let asked: string[]
let reports: { readonly rows: readonly { readonly value: string }[]; readonly final?: boolean }[]
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('since') ?? '')
    const go = goes.shift()
    return go ? go(response) : void response.end()
  }
  let text = ''
  request.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  request.on('end', () => {
    reports.push(JSON.parse(text))
    response.end('{}')
  })
})

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'relay-'))
  writeFileSync(join(directory, 'token'), 'token')
  ;[goes, asked, reports] = [[], [], []]
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  rmSync(directory, { recursive: true })
  await new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

/** No time passes between two looks. */
const clock = {
  now: () => new Date(0),
  after(_: number, run: () => void) {
    const next = setImmediate(run)
    return { [Symbol.dispose]: () => clearImmediate(next) }
  },
}
const at = (second: number, text: string) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${text}\n`
const ends =
  (...lines: string[]): Go =>
  response =>
    void response.end(lines.join(''))
const breaks =
  (...lines: string[]): Go =>
  response =>
    response.write(lines.join(''), () => response.destroy())
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

/** The program is over once the last go has begun. */
async function relayed(...all: Go[]) {
  const over = new AbortController()
  const told: string[] = []
  goes = all.map((go, i) => response => {
    if (i === all.length - 1) over.abort()
    go(response)
  })
  const path = join(directory, 'logs', 'metrics.log')
  const access = { url: url(), namespace: 'lab', trial: 'tune-0', tokenFile: join(directory, 'token') }
  const tell = (sentence: string) => void told.push(sentence)
  await relayLog({ ...access, path, clock, terminated: over.signal, onTrouble: tell, onGap: tell })
  return { text: readFileSync(path, 'utf8'), told }
}

test('lines are written without their times', async () => {
  const { text, told } = await relayed(ends(at(1, 'loss=1'), at(2, ''), at(3, 'loss = 2')))
  expect([text, told]).toEqual(['loss=1\n\nloss = 2\n', []])
})

test('after a break it goes on from the last line, and writes none twice', async () => {
  const { text } = await relayed(
    breaks(at(1, 'a'), at(2, 'b'), at(3, 'c'), at(3, 'c')),
    ends(at(2, 'b'), at(3, 'c'), at(3, 'c'), at(3, 'c'), at(4, 'd')),
  )
  expect(text).toBe('a\nb\nc\nc\nc\nd\n')
  expect(asked.slice(0, 2)).toEqual(['', '2026-01-01T00:00:03.000000000Z'])
})

test('a line that a break cut in two comes whole', async () => {
  const { text } = await relayed(
    breaks(at(1, 'a'), at(2, 'loss=0.2').slice(0, -3)),
    ends(at(1, 'a'), at(2, 'loss=0.2')),
  )
  expect(text).toBe('a\nloss=0.2\n')
})

test('a log that was rotated meanwhile: it says what may be lost, and goes on', async () => {
  const { text, told } = await relayed(breaks(at(1, 'a')), ends(at(5, 'e')))
  expect(text).toBe('a\ne\n')
  expect(told).toContainEqual(
    'the log was rotated: what was printed between 2026-01-01T00:00:01.000000000Z and 2026-01-01T00:00:05.000000000Z may be lost',
  )
})

test('a container that has not started is asked for again', async () => {
  const waits: Go = response => void response.writeHead(400).end('container main is waiting to start')
  const { text, told } = await relayed(waits, waits, ends(at(1, 'a')))
  expect(text).toBe('a\n')
  expect(told[0]).toBe('the server answered 400: container main is waiting to start')
})

/** Until the last go has begun. */
async function asSidecar(...all: Go[]) {
  const over = new AbortController()
  goes = all.map((go, i) => response => {
    if (i === all.length - 1) over.abort()
    go(response)
  })
  let printed = ''
  const code = await runSidecar({
    args: [
      '-t',
      'tune-0',
      '-m',
      'loss',
      '-o-type',
      'minimize',
      '-path',
      join(directory, 'metrics.log'),
      '-format',
      'TEXT',
    ],
    env: {
      QALAM_RELAY: 'log',
      QALAM_SERVER_URL: url(),
      QALAM_TOKEN_FILE: join(directory, 'token'),
      QALAM_SPOOL_DIR: directory,
      QALAM_NAMESPACE: 'lab',
    },
    clock,
    terminated: over.signal,
    proc: directory,
    log: text => {
      printed += text
    },
  })
  return { code, printed }
}

test('as a sidecar: what is relayed is printed, read, and reported with a final', async () => {
  const { code, printed } = await asSidecar(ends(at(1, 'loss=0.5'), at(2, 'loss=0.25')))
  expect(code).toBe(0)
  expect(printed).toBe('loss=0.5\nloss=0.25\n')
  expect(reports.flatMap(({ rows }) => rows.map(({ value }) => value))).toEqual(['0.5', '0.25'])
  expect(reports.at(-1)).toMatchObject({ final: true })
  expect(reports.at(-1)).not.toHaveProperty('diagnosis')
})

test('as a sidecar: a gap is told with the final', async () => {
  await asSidecar(breaks(at(1, 'loss=0.5')), ends(at(5, 'loss=0.25')))
  expect(reports.at(-1)).toMatchObject({
    final: true,
    diagnosis: expect.stringMatching(/^LogRotated: the log was rotated: what was printed between /),
  })
})
