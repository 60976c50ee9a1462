import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'

const child = spawn(process.execPath, [join(import.meta.dirname, '../../bench/engine.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
afterAll(() => void child.kill())

async function exchange(message: object): Promise<Record<string, unknown>> {
  child.stdin.write(`${JSON.stringify(message)}\n`)
  return JSON.parse((await lines.next()).value ?? 'null')
}

const init = {
  parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
  type: 'maximize',
  algorithm: 'auto',
  settings: {},
  seed: 3,
}

// The first answer waits for the engine to start.
beforeAll(async () => void (await exchange({ init })))

test('an engine answers init, ask and tell, one line each, and learns', async () => {
  let best = 0
  for (let i = 0; i < 20; i++) {
    const { suggestions, cpuMs } = (await exchange({ ask: 1 })) as {
      suggestions: { id: number; assignments: { x: string } }[]
      cpuMs: number
    }
    expect(cpuMs).toBeGreaterThanOrEqual(0)
    const value = 1 - Math.abs(Number(suggestions[0].assignments.x) - 0.7)
    best = Math.max(best, value)
    const told = i === 4 ? { id: suggestions[0].id, failed: true } : { id: suggestions[0].id, value }
    expect(await exchange({ tell: [told] })).toEqual({ ok: true })
  }
  expect(best).toBeGreaterThan(0.99)
})

test('results from elsewhere are learnt, mistakes are answered and not fatal', async () => {
  expect(await exchange({ tell: [{ assignments: { x: '0.5' }, value: 0.8 }] })).toEqual({ ok: true })
  expect(await exchange({ tell: [{ id: 999, value: 1 }] })).toEqual({ error: 'no suggestion 999 is pending' })
  expect(await exchange({ init: { ...init, algorithm: 'autoo' } })).toEqual({
    error: expect.stringMatching(/unknown algorithm "autoo"; did you mean "auto"/),
  })
})
