/**
 * Qalam's search for foreign harnesses: one JSON object a line on stdin, one a line on stdout.
 *
 * {"init": {"parameters", "type", "algorithm", "settings", "seed"}} → {"ok": true}
 * {"ask": n} → {"suggestions": [{"id", "assignments"}], "cpuMs"}
 * {"tell": [{"id", "value"} | {"id", "failed": true} | {"assignments", "value"}]} → {"ok": true}
 */
import { createInterface } from 'node:readline'
import { type EngineInit, openEngine } from './search-engine.ts'

type Line =
  | { init: EngineInit }
  | { ask: number }
  | {
      tell: readonly (
        | { id: number; value: number }
        | { id: number; failed: true }
        | { assignments: Record<string, string>; value: number }
      )[]
    }

let engine: ReturnType<typeof openEngine> | undefined

function answer(line: Line): object {
  if ('init' in line) {
    engine = openEngine(line.init)
    return { ok: true }
  }
  if (!engine) throw new Error('expected {"init": ...} first')
  if ('ask' in line) return engine.ask(line.ask)
  for (const told of line.tell) {
    if ('assignments' in told) engine.learn(told.assignments, told.value)
    else engine.tell(told.id, 'failed' in told ? Number.NaN : told.value)
  }
  return { ok: true }
}

for await (const text of createInterface({ input: process.stdin })) {
  if (text.trim() === '') continue
  try {
    console.log(JSON.stringify(answer(JSON.parse(text))))
  } catch (reason) {
    console.log(JSON.stringify({ error: reason instanceof Error ? reason.message : String(reason) }))
  }
}
