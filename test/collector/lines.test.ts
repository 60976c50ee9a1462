import { describe, expect, test } from 'vitest'
import { LINE_LIMIT_BYTES, LineSplitter } from '../../collector/log/lines.ts'

function split(...chunks: readonly (string | Uint8Array)[]) {
  const lines: [string, number][] = []
  const splitter = new LineSplitter((line, endOffset) => lines.push([line, endOffset]))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string))
  splitter.end()
  return { lines, longLineCount: splitter.longLineCount }
}

describe('bytes to lines', () => {
  const rows: { name: string; chunks: readonly (string | Uint8Array)[]; lines: [string, number][] }[] = [
    {
      name: 'LF ends a line',
      chunks: ['a\nb\n'],
      lines: [
        ['a', 2],
        ['b', 4],
      ],
    },
    {
      name: 'CR LF ends one line, not two',
      chunks: ['a\r\nb\r\n'],
      lines: [
        ['a', 2],
        ['b', 5],
      ],
    },
    {
      name: 'each CR of a progress bar ends a line',
      chunks: ['1%\r2%\r3%\n'],
      lines: [
        ['1%', 3],
        ['2%', 6],
        ['3%', 9],
      ],
    },
    {
      name: 'a line over chunks is one line',
      chunks: ['lo', 'ss', '=1\nx'],
      lines: [
        ['loss=1', 7],
        ['x', 8],
      ],
    },
    {
      name: 'CR LF over two chunks',
      chunks: ['a\r', '\nb'],
      lines: [
        ['a', 2],
        ['b', 4],
      ],
    },
    {
      name: 'the last line needs no end',
      chunks: ['a\nb'],
      lines: [
        ['a', 2],
        ['b', 3],
      ],
    },
    { name: 'empty lines are left out', chunks: ['\n\n a\n\n'], lines: [[' a', 5]] },
    { name: 'colours are taken out', chunks: ['\x1b[1;32mloss\x1b[0m=1\n'], lines: [['loss=1', 18]] },
    {
      name: 'links and titles are taken out',
      chunks: ['\x1b]0;title\x07a\x1b]8;;u\x1b\\b\x1b(Bc\n'],
      lines: [['abc', 25]],
    },
    {
      name: 'a multi-byte letter over two chunks',
      chunks: [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])],
      lines: [['é', 3]],
    },
    { name: 'no UTF-8', chunks: [Buffer.from([0x61, 0xff, 0x62, 0x0a])], lines: [['a\ufffdb', 4]] },
    { name: 'the hole of a truncated log', chunks: ['\0\0\0\0loss=1\n'], lines: [['loss=1', 11]] },
  ]
  test.each(rows)('$name', ({ chunks, lines }) => {
    expect(split(...chunks).lines).toEqual(lines)
  })

  test('any cut of the bytes gives the same lines', () => {
    const bytes = Buffer.from('a\r\n\x1b[31mé\x1b[0m=1\n\rlonger line\r\nlast')
    const whole = split(bytes).lines
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(split(bytes.subarray(0, cut), bytes.subarray(cut)).lines).toEqual(whole)
  })

  test('a line of 20 MB is cut and counted, and the next one is whole', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const { lines, longLineCount } = split(...Array(320).fill(chunk), '\nloss=1\n')
    expect(lines.map(([line]) => line.length)).toEqual([LINE_LIMIT_BYTES, 6])
    expect(lines[1]).toEqual(['loss=1', 320 * 64 * 1024 + 8])
    expect(longLineCount).toBe(1)
  })

  test('a hole of megabytes before a line does not hide it', () => {
    const { lines, longLineCount } = split(...Array(32).fill(Buffer.alloc(64 * 1024)), 'loss=1\n')
    expect([lines.map(([line]) => line), longLineCount]).toEqual([['loss=1'], 0])
  })
})
