import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Trial } from '#api'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'

test('stop --now ends running trials, resume goes on to the end', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const gate = join(directory.path, 'gate')
  const at = ['--data-dir', data]
  const program = ['sh', '-c', `echo loss={x}; while [ ! -e ${gate} ]; do sleep 0.05; done`]
  const run = start([
    'run',
    ...at,
    '--name',
    'long',
    '--trials',
    '3',
    '--parallel',
    '1',
    '--minimize',
    'loss',
    '-p',
    'x=0..1',
    '-v',
    '--',
    ...program,
  ])
  const over = finished(run)
  await says(run, 'stderr', /#0 {2}started/)
  const stopped = says(run, 'stderr', /#0 {2}Killed/)
  const stop = await qalam(['stop', 'long', '--now', ...at])
  expect({ code: stop.code, stderr: stop.code === 0 ? '' : stop.stderr }).toEqual({ code: 0, stderr: '' })
  await stopped
  writeFileSync(gate, '')
  expect((await qalam(['resume', 'long', ...at])).code).toBe(0)
  expect((await over).code).toBe(0)
  const { stdout } = await qalam(['get', 'trials', '-o', 'jsonl', ...at])
  const phases = stdout
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as Trial).status?.phase)
  expect(phases.sort()).toEqual(['Killed', 'Succeeded', 'Succeeded'])
})
