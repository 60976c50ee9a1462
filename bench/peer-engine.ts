/** A foreign optimizer as an engine of the race: a process that speaks the JSON lines of `engine.ts`. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { EngineInit, EngineSuggestion } from './search-engine.ts'

export interface PeerEngine extends Disposable {
  ask(count: number): Promise<{ suggestions: readonly EngineSuggestion[]; cpuMs: number }>
  tell(id: number, value: number): Promise<void>
}

/** Names of peers and the script that is each. How they are installed: `docs/reference/search.md`. */
const scripts: Readonly<Record<string, string>> = {
  'optuna-gp': 'optuna_peer.py',
  'optuna-tpe': 'optuna_peer.py',
  'optuna-cmaes': 'optuna_peer.py',
  'optuna-random': 'optuna_peer.py',
  'pypi-cmaes': 'cmaes_peer.py',
  'hyperopt-tpe': 'hyperopt_peer.py',
  smac: 'smac_peer.py',
  hebo: 'hebo_peer.py',
  ax: 'ax_peer.py',
}

/** `$QALAM_PEER_PYTHON_AX` and so on where a peer's packages go together with no other's; else `$QALAM_PEER_PYTHON`, else python3. */
function pythonOf(script: string): string {
  const own = script.replace('_peer.py', '').toUpperCase()
  return process.env[`QALAM_PEER_PYTHON_${own}`] ?? process.env.QALAM_PEER_PYTHON ?? 'python3'
}

export function isPeer(algorithm: string): boolean {
  return Object.hasOwn(scripts, algorithm)
}

/** Rejects with the peer's own words when it is not installed or refuses the space. */
export async function openPeer(init: EngineInit): Promise<PeerEngine> {
  const script = scripts[init.algorithm]
  const child = spawn(pythonOf(script), [join(import.meta.dirname, 'peers', script)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said = (said + chunk).slice(-2000)
  })
  // A peer that dies closes its pipes; the next line then reports what it said last.
  child.stdin.on('error', () => {})
  child.on('error', reason => {
    said = reason.message
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function exchange(message: object): Promise<Record<string, unknown>> {
    child.stdin.write(`${JSON.stringify(message)}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error(`${init.algorithm} ended: ${said.trim().split('\n').at(-1)}`)
    const answer: Record<string, unknown> = JSON.parse(value)
    if (answer.error !== undefined) throw new Error(`${init.algorithm}: ${answer.error}`)
    return answer
  }

  await exchange({ init })
  return {
    async ask(count) {
      // The protocol of engine.ts promises this shape.
      return (await exchange({ ask: count })) as unknown as Awaited<ReturnType<PeerEngine['ask']>>
    },
    async tell(id, value) {
      await exchange({ tell: [Number.isFinite(value) ? { id, value } : { id, failed: true }] })
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}
