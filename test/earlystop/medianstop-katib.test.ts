import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decide, type TrialCurve } from '#earlystop'
import { fixedRule } from '../../earlystop/registry.ts'

interface Vector {
  readonly objective: 'minimize' | 'maximize'
  readonly start_step: number
  readonly min_trials_required: number
  readonly ended: readonly (readonly number[])[]
  readonly trial: readonly number[]
  readonly threshold: number | null
  readonly stopped_at: number | null
}
const file = join(import.meta.dirname, '../golden/medianstop-katib.json')
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] }

test.each(vectors.map((vector, i) => [i, vector] as const))('vector %d decides as Katib does', (_, vector) => {
  const sign = vector.objective === 'maximize' ? -1 : 1
  const curve = (values: readonly number[], trial: string, ended: boolean): TrialCurve => ({
    trial,
    ended,
    steps: values.map((_, i) => i + 1),
    losses: values.map(value => sign * value),
  })
  const settings = { start_step: vector.start_step, min_trials_required: vector.min_trials_required, compat: 'katib' }
  const algorithmSettings = Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }))
  const spec = { algorithmName: 'medianstop', algorithmSettings }
  const ended = vector.ended.map((values, i) => curve(values, `ended-${i}`, true))
  const rule = fixedRule(spec, ended)
  if (vector.threshold === null) expect(rule).toBeUndefined()
  else expect(rule).toEqual({ threshold: sign * vector.threshold + 0, startStep: vector.start_step })
  const stops = vector.trial.findIndex(
    (_, i) => decide(spec, curve(vector.trial.slice(0, i + 1), 'own', false), ended, sign).stop,
  )
  expect(stops === -1 ? null : stops + 1).toBe(vector.stopped_at)
})
