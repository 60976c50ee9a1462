/** What `npm run build` makes is the whole program: it starts, searches, and asks for nothing that is not beside it. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../cli/build.ts'
import { root } from '../support/qalam.ts'

// Beside the packages, since the binaries of Postgres are in no bundle.
const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const bundles = mkdtempSync(join(cache, 'qalam-bundles-'))
const directory = mkdtempSync(join(tmpdir(), 'qalam-bundles-'))
// The image has its Node beside the bundles; here it is that of the tests.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }

beforeAll(() => build(bundles), 120_000)
afterAll(() => {
  for (const made of [bundles, directory]) rmSync(made, { recursive: true, force: true, maxRetries: 3 })
})

const qalam = (...args: string[]) => promisify(execFile)(join(bundles, 'qalam'), args, { env, cwd: directory })

test('no source is in them, and they import nothing but Node and the binaries of Postgres', () => {
  const files = readdirSync(bundles, { recursive: true, encoding: 'utf8' })
  expect(files.filter(file => file.endsWith('.ts'))).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining(['main.mjs', 'collector.mjs', 'suggest-worker.mjs', 'ingest-worker.mjs']),
  )
  const chunks = readdirSync(bundles).filter(file => file.endsWith('.mjs'))
  const asked = chunks.flatMap(file =>
    [...readFileSync(join(bundles, file), 'utf8').matchAll(/(?:^|;)import\b[^'";]*['"]([^'"]+)['"]/gm)].map(
      ([, name]) => name,
    ),
  )
  const known = (name = '') => name.startsWith('./') || name.startsWith('node:') || builtinModules.includes(name)
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter(name => !known(name))).toEqual([])
})

test('every verb that needs nothing else answers as from the sources', async () => {
  const { stdout } = await qalam('version')
  expect(stdout).toContain(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
  const experiment = join(root, 'examples/digits/experiment.yaml')
  expect((await qalam('validate', '-f', experiment)).stdout).toContain('is valid')
  expect((await qalam('render', '-f', experiment)).stdout).toContain('kind: Job')
}, 60_000)

test('a collector is known by its arguments', async () => {
  const alone = qalam('-t', 'some-trial')
  await expect(alone).rejects.toMatchObject({ stdout: expect.stringContaining('expected the trial in -t') })
}, 60_000)

test('an experiment runs to its best trial, with workers, Postgres and the starter of programs', async () => {
  const program = ['--', 'sh', '-c', 'echo loss={lr}']
  const { stdout } = await qalam(
    'run',
    '--minimize',
    'loss',
    '--trials',
    '3',
    '-p',
    'lr=0.1..1',
    '-o',
    'args',
    ...program,
  )
  expect(stdout).toMatch(/^--lr=0\.\d+/)
}, 120_000)
