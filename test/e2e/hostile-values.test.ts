/** Values of a list that a shell, a line reader or a template would take for something else, through a whole run. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { programExperiment, X } from '../support/program-experiment.ts'
import { qalam, temporaryDirectory } from '../support/qalam.ts'

const PROGRAM = `
import { appendFileSync } from 'node:fs'
const [, , value, seen] = process.argv
appendFileSync(seen, JSON.stringify([value, process.env.VALUE]) + '\\n')
console.log(value)
console.log('loss=1')
`

test('each arrives as it is, as an argument and in the environment, and nothing of it is carried out', async () => {
  using directory = temporaryDirectory()
  const at = (name: string) => join(directory.path, name)
  const list = [
    `quote " and '`,
    'new\nline',
    X,
    `$(touch ${at('carried-out')})`,
    `\`touch ${at('carried-out')}\`; touch ${at('carried-out')}`,
    'a: b # c',
    '{"k": [1]}',
    '\u{1d518}nicode\u2028and\u2029',
  ]
  writeFileSync(at('program.mjs'), PROGRAM)
  const experiment = programExperiment({
    name: 'hostile',
    command: [process.execPath, at('program.mjs'), X, at('seen')],
    container: { env: [{ name: 'VALUE', value: X }] },
    spec: {
      algorithm: { algorithmName: 'grid' },
      maxTrialCount: list.length,
      parallelTrialCount: 2,
      maxFailedTrialCount: 0,
      parameters: [{ name: 'x', parameterType: 'categorical', feasibleSpace: { list } }],
    },
  })
  writeFileSync(at('experiment.yaml'), stringify(experiment))
  const { code, stderr } = await qalam(['run', '-f', at('experiment.yaml'), '--data-dir', at('data')])
  expect([code, stderr]).toEqual([0, expect.any(String)])
  const seen = readFileSync(at('seen'), 'utf8')
  const pairs = seen
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as [string, string])
  expect(new Set(pairs.map(([value]) => value))).toEqual(new Set(list))
  expect(pairs.filter(([value, variable]) => value !== variable)).toEqual([])
  expect(existsSync(at('carried-out'))).toBe(false)
})
