/**
 * Tabular tasks (FCNet, HPOBench, NAS-Bench-201): every configuration's measured result, from gzipped JSON files.
 * The folder is `$QALAM_HPO_TABLES`, else `../shared/data/hpo-tables` beside the checkout; absent, the tasks are out.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Parameter } from '#api'
import type { BenchProblem } from './problem.ts'

const folder = process.env.QALAM_HPO_TABLES ?? join(import.meta.dirname, '../../../shared/data/hpo-tables')

interface Table {
  readonly name: string
  readonly space: readonly { name: string; type: 'int' | 'categorical'; grid?: number[]; choices?: string[] }[]
  readonly cards: readonly number[]
  /** Little-endian float32, row-major over `cards`, base64; lower is better. */
  readonly data: string
}

/** Names of the tables that are there, empty where the folder is not. */
export function tableNames(): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(file => file.endsWith('.json.gz'))
    .map(file => file.replace('.json.gz', ''))
}

export function tableProblem(name: string): BenchProblem {
  const table: Table = JSON.parse(gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString())
  const bytes = Buffer.from(table.data, 'base64')
  const results = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice()
  const choicesOf = (i: number) => (table.space[i].choices ?? []).map(String)
  const parameters = table.space.map(({ name, type }, i): Parameter => {
    if (type === 'categorical') return { name, parameterType: 'categorical', feasibleSpace: { list: choicesOf(i) } }
    return { name, parameterType: 'int', feasibleSpace: { min: '0', max: String(table.cards[i] - 1) } }
  })
  return {
    name,
    parameters,
    optimum: results.reduce((min, value) => Math.min(value, min), Number.POSITIVE_INFINITY),
    evaluate(values) {
      const place = table.space.reduce((row, { name, type }, i) => {
        return (
          row * table.cards[i] + (type === 'categorical' ? choicesOf(i).indexOf(values[name]) : Number(values[name]))
        )
      }, 0)
      return results[place]
    },
  }
}
