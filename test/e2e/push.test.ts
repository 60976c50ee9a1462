/** Trials that report by themselves: the helpers in both languages, over REST and over the file, through kill and retry. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { finished, qalam, root, says, start, temporaryDirectory } from '../support/qalam.ts'
import { untilFile } from '../support/until-file.ts'

const helpers = join(root, 'collector/push')
const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) console.log('skipped: the Python helper, there is no python3')

/** `body` is one statement of its language, in a loop over `step` in which `report(loss)` tells whether to stop. */
const languages = [
  {
    language: 'Python',
    isHere: hasPython,
    command: ['python3', '-c'],
    program: (steps: number, value: string, after: string) => `import sys, os, time
sys.path.insert(0, ${JSON.stringify(helpers)})
import qalam
for step in range(1, ${steps} + 1):
    stop = qalam.report(loss=${value}, step=step)
    ${after}`,
    note: (file: string) => `open(${JSON.stringify(file)}, "a").write(f"{step} {stop}\\n"); time.sleep(0.05)`,
  },
  {
    language: 'JavaScript',
    isHere: true,
    command: ['node', '--input-type=module', '-e'],
    program: (steps: number, value: string, after: string) => `import { appendFileSync } from 'node:fs'
import { report } from ${JSON.stringify(join(helpers, 'qalam.mjs'))}
for (let step = 1; step <= ${steps}; step++) {
  const stop = await report({ loss: ${value} }, { step })
  ${after}
}`,
    note: (file: string) =>
      `appendFileSync(${JSON.stringify(file)}, step + ' ' + stop + '\\n'); await new Promise(go => setTimeout(go, 50))`,
  },
]

interface Wanted {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly collector?: string
  readonly trials?: number
  readonly backoffLimit?: number
}

function experiment(name: string, { command, env = {}, collector = 'Push', trials = 1, backoffLimit = 0 }: Wanted) {
  const variables = Object.entries({ X, ...env }).map(([variable, value]) => ({ name: variable, value }))
  return stringify(
    programExperiment({
      name,
      command,
      spec: { maxTrialCount: trials, metricsCollectorSpec: { collector: { kind: collector } } },
      jobSpec: { backoffLimit },
      podSpec: { terminationGracePeriodSeconds: 20 },
      container: { env: variables },
    }),
  )
}

async function ran(directory: string, name: string, wanted: Wanted) {
  const at = ['--data-dir', join(directory, 'data')]
  const file = join(directory, `${name}.yaml`)
  writeFileSync(file, experiment(name, wanted))
  const run = await qalam(['run', '-f', file, '--timeout', '90s', ...at])
  const { stdout } = await qalam(['get', 'trials', '-o', 'json', ...at])
  return { run, at, trials: (JSON.parse(stdout) as { items: Trial[] }).items }
}

const lossOf = (trial: Trial) => trial.status?.observation?.metrics?.find(({ name }) => name === 'loss')

describe.each(languages)('the $language helper', ({ language, isHere, command, program, note }) => {
  const ways = [
    { way: 'over REST', env: {} as Record<string, string>, collector: 'Push' },
    { way: 'over the file', env: { QALAM_SERVER_URL: '' }, collector: 'Push' },
    { way: 'over the file, though the collector is None', env: { QALAM_SERVER_URL: '' }, collector: 'None' },
  ]
  test.runIf(isHere).each(ways.filter(({ collector }) => collector === 'Push' || language === 'JavaScript'))(
    '$way: every value arrives',
    async ({ env, collector }) => {
      using directory = temporaryDirectory()
      const { run, trials } = await ran(directory.path, 'pushed', {
        command: [...command, program(5, '1 / step', '')],
        env,
        collector,
      })
      expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
      expect(trials.map(lossOf)).toEqual([
        { name: 'loss', min: '0.2', max: expect.stringMatching(/^1(\.0)?$/), latest: '0.2' },
      ])
    },
  )

  test.runIf(isHere)('the server is killed in the middle: every value is there, each once', async () => {
    using directory = temporaryDirectory()
    const at = ['--data-dir', join(directory.path, 'data')]
    const [file, seen] = [join(directory.path, 'exp.yaml'), join(directory.path, 'seen')]
    writeFileSync(seen, '')
    const STEPS = 60
    writeFileSync(file, experiment('killed', { command: [...command, program(STEPS, 'step', note(seen))] }))
    const reached = (count: number) => untilFile(seen, text => text.split('\n').length > count)
    const serve = async () => {
      const server = start(['server', ...at])
      const [, rest] = await says(server, 'stdout', /ready .*rest=(\S+)/)
      return { server, rest, over: finished(server) }
    }
    const first = await serve()
    expect((await qalam(['apply', '-f', file, ...at])).code).toBe(0)
    await reached(5)
    first.server.kill('SIGKILL')
    await first.over
    await reached(10)
    const second = await serve()
    const run = await qalam(['run', '-f', file, '--timeout', '90s', ...at])
    expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
    const [trial] = (JSON.parse((await qalam(['get', 'trials', '-o', 'json', ...at])).stdout) as { items: Trial[] })
      .items
    const token = readFileSync(join(directory.path, 'data', 'token'), 'utf8').trim()
    const path = `/api/v1/namespaces/default/experiments/killed/trials/${trial.metadata.name}/metrics`
    const answer = await fetch(second.rest + path, { headers: { authorization: `Bearer ${token}` } })
    const { metrics } = (await answer.json()) as { metrics: { name: string; steps: number[]; values: number[] }[] }
    second.server.kill('SIGTERM')
    await second.over
    const all = Array.from({ length: STEPS }, (_, i) => i + 1)
    expect(metrics.map(({ name, steps, values }) => ({ name, steps, values }))).toEqual([
      { name: 'loss', steps: all, values: all },
    ])
  })

  test.runIf(isHere)('is told to stop when the experiment is stopped, within the grace', async () => {
    using directory = temporaryDirectory()
    const at = ['--data-dir', join(directory.path, 'data')]
    const [file, seen] = [join(directory.path, 'exp.yaml'), join(directory.path, 'seen')]
    writeFileSync(seen, '')
    const endless = program(1_000, '1 / step', note(seen))
    const deaf =
      command[0] === 'node'
        ? `process.on('SIGTERM', () => {})\n${endless}`
        : `import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n${endless}`
    const breaks =
      command[0] === 'node' ? deaf.replace(/\n}$/, '\n  if (stop) break\n}') : `${deaf}\n    if stop: break`
    writeFileSync(file, experiment('told', { command: [...command, breaks] }))
    const server = start(['server', ...at])
    await says(server, 'stdout', /ready /)
    const over = finished(server)
    expect((await qalam(['apply', '-f', file, ...at])).code).toBe(0)
    await untilFile(seen, text => text.split('\n').length > 3)
    expect((await qalam(['stop', 'told', '--now', ...at])).code).toBe(0)
    const text = await untilFile(seen, told => /true/i.test(told))
    server.kill('SIGTERM')
    await over
    expect(text).toMatch(/^1 false$/im)
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/ true$/i)
  })
})

test('a token of another trial is refused with a sentence, and nothing is stored', async () => {
  using directory = temporaryDirectory()
  const names = join(directory.path, 'names')
  const foreign = `
import { appendFileSync, readFileSync } from 'node:fs'
const { KATIB_TRIAL_NAME: own, QALAM_SERVER_URL, QALAM_TOKEN_FILE } = process.env
appendFileSync('${names}', own + '\\n')
const [first] = readFileSync('${names}', 'utf8').split('\\n')
for (const [trial, value] of [[own, 0.5], [first, first === own ? 0.5 : -1]]) {
  const url = QALAM_SERVER_URL + '/api/v1/namespaces/default/trials/' + trial + '/metrics'
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + readFileSync(QALAM_TOKEN_FILE, 'utf8') }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ metrics: [{ name: 'loss', value, step: 1 }] }) })
  console.log(answer.status, await answer.text())
}`
  const { run, at, trials } = await ran(directory.path, 'foreign', {
    command: ['node', '--input-type=module', '-e', foreign],
    trials: 2,
  })
  expect(run.code).toBe(0)
  expect(trials.map(trial => lossOf(trial)?.min)).toEqual(['0.5', '0.5'])
  const [first, second] = readFileSync(names, 'utf8').trim().split('\n')
  const { stdout } = await qalam(['logs', second, ...at])
  expect(stdout).toMatch(/^200 \{"accepted":1,"shouldStop":false\}/)
  expect(stdout).toContain('403')
  expect(stdout).toContain(`the bearer token is not the one of trial ${first}`)
})

test.each(['', 'the server'])('a replaced pod’s values do not mix, reported over %j', async way => {
  using directory = temporaryDirectory()
  const marker = join(directory.path, 'marker')
  const twice = `
import { existsSync, writeFileSync } from 'node:fs'
import { report } from ${JSON.stringify(join(helpers, 'qalam.mjs'))}
const isFirst = !existsSync('${marker}')
await report({ loss: isFirst ? 0.001 : 0.5 }, { step: isFirst ? 100 : 1 })
writeFileSync('${marker}', '')
process.exit(isFirst ? 1 : 0)`
  const { run, trials } = await ran(directory.path, 'replaced', {
    command: ['node', '--input-type=module', '-e', twice],
    backoffLimit: 1,
    ...(way === '' && { env: { QALAM_SERVER_URL: '' } }),
  })
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
  expect(trials.map(lossOf)).toEqual([{ name: 'loss', min: '0.5', max: '0.5', latest: '0.5' }])
})
