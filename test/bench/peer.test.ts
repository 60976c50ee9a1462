import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'

const hasPython = spawnSync('python3', ['-c', '']).status === 0
if (!hasPython) console.log('skipped: the loop of foreign optimizers needs python3')

const peer = `
import sys
sys.path.insert(0, sys.argv[1])
from json_lines import OneByOne, bounds_of, serve
class Peer(OneByOne):
    def __init__(self, init):
        super().__init__(init)
        self.bounds = [bounds_of(p) for p in init["parameters"]]
        self.seen = []
    def suggest(self):
        print("chatter of a library")
        return len(self.seen), {"n": self.bounds[0][1], "x": 0.1 + 0.2, "c": self.bounds[2][1][0]}
    def observe(self, point, loss):
        self.seen.append(loss)
        if len(self.seen) == 2:
            raise ValueError(repr(self.seen))
serve(Peer, "1.0")`

const init = {
  parameters: [
    { name: 'n', parameterType: 'int', feasibleSpace: { min: '1', max: '9' } },
    { name: 'x', parameterType: 'double', feasibleSpace: { min: '0.001', max: '1', distribution: 'logUniform' } },
    { name: 'c', parameterType: 'categorical', feasibleSpace: { list: ['a', 'b'] } },
  ],
  type: 'maximize',
  algorithm: 'peer',
  seed: 1,
}

test.skipIf(!hasPython)(
  'a peer speaks the lines of the engine, whatever its libraries print',
  { timeout: 30_000 },
  async () => {
    const child = spawn('python3', ['-c', peer, join(import.meta.dirname, '../../bench/peers')], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const exchange = async (message: object) => {
      child.stdin.write(`${JSON.stringify(message)}\n`)
      return JSON.parse((await lines.next()).value ?? 'null')
    }
    expect(await exchange({ init })).toEqual({ ok: true, version: '1.0' })
    const { suggestions } = await exchange({ ask: 2 })
    const assignments = { n: '1', x: '0.30000000000000004', c: 'a' }
    expect(suggestions).toEqual([
      { id: 0, assignments },
      { id: 1, assignments },
    ])
    expect(await exchange({ tell: [{ id: 0, value: 3 }] })).toEqual({ ok: true })
    // Maximised: the peer sees losses; and a failure is none.
    expect(await exchange({ tell: [{ id: 1, failed: true }] })).toEqual({ error: "ValueError('[-3.0, None]')" })
    const strange = { ...init.parameters[1], feasibleSpace: { min: '0', max: '1', step: '0.1' } }
    expect(await exchange({ init: { ...init, parameters: [strange] } })).toEqual({
      error: "ValueError('steps are not translated')",
    })
    child.kill()
  },
)
