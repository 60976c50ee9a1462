/** `qalam doctor` over the packages of a Python. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { qalam, temporaryDirectory } from '../support/qalam.ts'

const directory = temporaryDirectory()
afterAll(() => directory[Symbol.dispose]())

/** A Python that has these packages. */
function aPython(name: string, ...packages: readonly string[]): string {
  const program = join(directory.path, name)
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' ${packages.map(each => `'${each}'`).join(' ')}\n`)
  chmodSync(program, 0o755)
  return program
}

test.each([
  {
    packages: ['kubeflow-katib 0.19.0', 'kubernetes 36.0.3'],
    code: 6,
    says: /cannot read .* kubernetes 36\.0\.3.*'kubernetes<36'/,
  },
  { packages: ['kubeflow-katib 0.19.0', 'kubernetes 35.0.0'], code: 0, says: /they fit/ },
  { packages: ['kubernetes 37.0.2'], code: 0, says: /not installed.*'kubernetes<36'/ },
])('$packages: ends with $code', async ({ packages, code, says }) => {
  const told = await qalam(['doctor', '--python', aPython('python', ...packages)])
  expect(told.stdout).toMatch(says)
  expect(told.code).toBe(code)
})

test('without a Python nothing is in the way', async () => {
  const told = await qalam(['doctor', '--python', join(directory.path, 'none')])
  expect([told.code, told.stdout]).toEqual([0, expect.stringContaining('there is no such Python')])
})
