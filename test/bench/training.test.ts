import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** Has scikit-learn, as far as it is asked, and finds every model equally good. */
const python = `#!/bin/sh
[ "$1" = -c ] && exit 0
while read -r line; do echo '{"value": 3000}'; done
`

test('a race over a training task ends', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'race-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const fake = join(folder, 'python')
  writeFileSync(fake, python)
  chmodSync(fake, 0o755)
  const out = join(folder, 'race.csv')
  const wanted = [
    '--algorithms',
    'random',
    '--problems',
    'svm_diabetes',
    '--seeds',
    '1',
    '--trials',
    '10',
    '--out',
    out,
  ]
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../bench/search.ts'), ...wanted],
    {
      env: { ...process.env, QALAM_PEER_PYTHON: fake },
      encoding: 'utf8',
      timeout: 50_000,
    },
  )
  expect({ status, signal }, stderr).toEqual({ status: 0, signal: null })
  expect(readFileSync(out, 'utf8')).toMatch(/^svm_diabetes,random,1,10,3000 /)
})
