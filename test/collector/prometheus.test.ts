import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type CollectedMetric, Evidence, prometheusCollector } from '#collector'
import { readExposition, readSelector } from '../../collector/prometheus/exposition.ts'
import { ScrapeFailed, scrape } from '../../collector/prometheus/scrape.ts'
import { ManualClock } from './manual-clock.ts'

describe('exposition text', () => {
  const rows: { line: string; sample: object | undefined }[] = [
    { line: 'loss 0.5', sample: { name: 'loss', value: '0.5' } },
    { line: 'loss{} 1e-3 1638422847250', sample: { name: 'loss', value: '1e-3', timestamp: 1638422847250 } },
    { line: 'loss NaN', sample: { name: 'loss', value: 'NaN' } },
    { line: 'loss +Inf', sample: { name: 'loss', value: 'Infinity' } },
    { line: 'a:b_c -Inf', sample: { name: 'a:b_c', value: '-Infinity' } },
    {
      line: 'loss{split="val",note="a \\"b\\" \\\\ \\n}"} 2',
      sample: { name: 'loss', labels: { split: 'val', note: 'a "b" \\ \n}' }, value: '2' },
    },
    { line: 'loss{split="val",} 2', sample: { name: 'loss', labels: { split: 'val' }, value: '2' } },
    { line: ' loss { split = "val" }  2 ', sample: { name: 'loss', labels: { split: 'val' }, value: '2' } },
    {
      line: 'steps_total 17 1638422847.25 # {trace_id="x"} 1',
      sample: { name: 'steps_total', value: '17', timestamp: 1638422847.25 },
    },
    { line: '# HELP loss the loss 5', sample: undefined },
    { line: '# EOF', sample: undefined },
    { line: 'loss', sample: undefined },
    { line: 'loss x', sample: undefined },
    { line: 'loss{split=val} 1', sample: undefined },
    { line: 'loss{split="val 1', sample: undefined },
    { line: '0loss 1', sample: undefined },
  ]
  test.each(rows)('$line', ({ line, sample }) => {
    const [found] = readExposition(line)
    expect(found && { ...found, labels: Object.fromEntries(found.labels) }).toEqual(sample && { labels: {}, ...sample })
  })

  test('a metric’s name may be a selector', () => {
    expect(readSelector('loss{split="val"}')?.labels).toEqual(new Map([['split', 'val']]))
    expect([readSelector('loss{split='), readSelector('0'), readSelector('loss{} x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

/** Looks once per page, then at the last one again for ever. */
async function collect(
  pages: readonly (string | ScrapeFailed)[],
  metricNames: readonly string[],
  contentType = 'text/plain',
) {
  const clock = new ManualClock()
  const ended = new AbortController()
  const evidence = new Evidence(metricNames[0])
  let look = 0
  const page = async () => {
    const text = pages[Math.min(look++, pages.length - 1)]
    if (text instanceof ScrapeFailed) throw text
    return { text, contentType }
  }
  const rows: CollectedMetric[] = []
  const done = (async () => {
    const source = { scrape: page, clock, evidence }
    for await (const batch of prometheusCollector.collect(source, new Set(metricNames), ended.signal))
      rows.push(...batch)
  })()
  await clock.pass(2_000 * (pages.length - 1) + 1)
  ended.abort()
  await done
  return { rows, evidence, looks: look, values: rows.map(row => `${row.metricName}=${row.value}`) }
}

describe('a page of metrics', () => {
  test('is looked at every two seconds and at the end; what has not changed is not said again', async () => {
    const { values, rows, looks } = await collect(['', 'loss 3\n', 'loss 2\n', 'loss 2\n', 'loss 1\n'], ['loss'])
    expect([values, looks]).toEqual([['loss=3', 'loss=2', 'loss=1'], 6])
    expect(rows.map(row => row.sequence)).toEqual([2_000_000, 4_000_000, 8_000_000])
  })

  test('of several series the unlabelled one, or the one that is selected', async () => {
    const text = 'loss{split="a"} 1\nloss{split="b"} 2\nacc{split="a"} 3\nacc 4\nf1{split="a"} 5\n'
    expect((await collect([text], ['loss', 'acc', 'f1', 'loss{split="b"}'])).values).toEqual([
      'acc=4',
      'f1=5',
      'loss{split="b"}=2',
    ])
  })

  test('timestamps are milliseconds, in OpenMetrics seconds', async () => {
    expect((await collect(['loss 1 1638422847250'], ['loss'])).rows[0].time).toBe('2021-12-02T05:27:27.25Z')
    const open = await collect(['loss 1 1638422847.25'], ['loss'], 'application/openmetrics-text; version=1.0.0')
    expect(open.rows[0]).toMatchObject({ time: '2021-12-02T05:27:27.25Z', sequence: 1638422847250000 })
  })

  test('what was there while the program ran is told, not that nothing listens any more', async () => {
    const gone = new ScrapeFailed('nothing listens on port 1', true)
    expect((await collect([gone, '<html>', gone], ['loss'])).evidence.refusal).toContain('a web page')
    expect((await collect([gone, 'loss 1', gone], ['loss'])).evidence.refusal).toBeUndefined()
    expect((await collect([gone, gone], ['loss'])).evidence.refusal).toBe('nothing listens on port 1')
  })

  test('HTML is told apart', async () => {
    expect((await collect(['<html>'], ['loss'])).evidence.refusal).toContain('a web page, not metrics')
  })
})

describe('a look over HTTP', () => {
  async function answering(listener: RequestListener, path = '/metrics') {
    const server = createServer(listener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    try {
      return await scrape((server.address() as AddressInfo).port, path)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  test('gets the page', async () => {
    const { text } = await answering((request, response) => response.end(`path ${request.url}`), '/m?x=1')
    expect(text).toBe('path /m?x=1')
  })
  test('follows no redirect', async () => {
    const redirect = answering((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    )
    await expect(redirect).rejects.toThrow('answered 302')
  })
  test('stops at 1 MiB', async () => {
    const flood = answering((_request, response) => response.end('x'.repeat(3 * 1024 * 1024)))
    await expect(flood).rejects.toThrow('more than 1 MiB')
  })
  test('says when nobody listens', async () => {
    await expect(scrape(9, '/metrics')).rejects.toMatchObject({ isAbsent: true, message: 'nothing listens on port 9' })
  })
})
