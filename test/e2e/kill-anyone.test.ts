/** The short form of `bench/kill.ts`: server, Postgres and sidecar are killed in turn, and every value is there once. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finished, root } from '../support/qalam.ts'

test('whoever is killed, nothing that was reported is lost or counted twice', { timeout: 600_000 }, async () => {
  const bench = spawn(process.execPath, [join(root, 'bench/kill.ts'), '--kills', '6', '--seed', '7'])
  const { code, stdout, stderr } = await finished(bench)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const { kills, prints, lends } = JSON.parse(stdout)
  expect(Math.min(...Object.values<number>(kills))).toBeGreaterThan(0)
  expect([prints, lends]).toMatchObject([
    { lost: 0, double: 0 },
    { lost: 0, double: 0 },
  ])
  expect(Math.min(prints.reported, lends.reported)).toBeGreaterThan(0)
})
