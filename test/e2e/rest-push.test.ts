import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectedMetric, runPushFile } from '#collector'
import { systemClock } from '#kube'
import { trialToken } from '#server'
import { anExperiment, aTrial, Cluster, TOKEN } from '../server/cluster.ts'

const helpers = join(import.meta.dirname, '../../collector/push')
const directory = mkdtempSync(join(tmpdir(), 'push-'))
const cluster = new Cluster()
let url: string
let stop: () => Promise<void>

beforeAll(async () => {
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(aTrial('tune', 2))
  const server = await cluster.serve()
  url = (await server.listen({ port: 0 })).url
  stop = async () => server[Symbol.asyncDispose]()
})
afterAll(async () => {
  await stop()
  rmSync(directory, { recursive: true })
})

interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

function ran(program: string, args: readonly string[], env: Record<string, string>): Promise<Ran> {
  return new Promise(resolve =>
    execFile(
      program,
      args,
      { env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', ...env } },
      (error: ExecFileException | null, stdout, stderr) =>
        resolve({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    ),
  )
}

const hasPython = (await ran('python3', ['--version'], {})).exitCode === 0
if (!hasPython) console.log('skipped: the Python helper, there is no python3')

/** Each trains for two steps, reports a name with a space, a NaN, and prints the parameters it got. */
const languages = [
  {
    name: 'Python',
    isHere: hasPython,
    run: (env: Record<string, string>) => ran('python3', [script('train.py', PYTHON)], { ...env, PYTHONPATH: helpers }),
  },
  {
    name: 'JavaScript',
    isHere: true,
    run: (env: Record<string, string>) => ran(process.execPath, [script('train.mjs', JAVASCRIPT)], env),
  },
]
const PYTHON = `
import qalam
p = qalam.params(lr=0.01, n=3, opt="adam", nesterov=False)
print("params", p.lr, p.n, p.opt, p.nesterov)
for step in range(2):
    print("stop", qalam.report({"val loss": float("nan")}, loss=p.lr * (step + 1), step=step))
`
const JAVASCRIPT = `
import { params, report } from ${JSON.stringify(join(helpers, 'qalam.mjs'))}
const p = params({ lr: 0.01, n: 3, opt: 'adam', nesterov: false })
console.log('params', p.lr, p.n, p.opt, p.nesterov)
for (let step = 0; step < 2; step++) console.log('stop', await report({ 'val loss': NaN, loss: p.lr * (step + 1) }, { step }))
`

function script(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

function trialEnvironment(): Record<string, string> {
  const tokenFile = join(directory, 'token')
  writeFileSync(tokenFile, `${trialToken(TOKEN, 'uid-tune-2')}\n`)
  return {
    QALAM_SERVER_URL: url,
    QALAM_TOKEN_FILE: tokenFile,
    QALAM_TRIAL_NAME: 'tune-2',
    QALAM_NAMESPACE: 'team-a',
    QALAM_PARAMETERS: '{"lr": 0.25, "n": "5", "opt": "sgd", "nesterov": "true"}',
  }
}

describe.each(languages)('the $name helper', ({ isHere, run }) => {
  test.runIf(isHere)('posts to the server with the trial’s token', async () => {
    cluster.reports.length = 0
    const { stdout, stderr, exitCode } = await run(trialEnvironment())
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout.toLowerCase()).toBe('params 0.25 5 sgd true\nstop false\nstop false\n')
    const rows = cluster.reports.flatMap(report => report.rows.map(row => [row.metricName, row.value, row.step]))
    expect(rows.toSorted()).toEqual([
      ['loss', '0.25', 0],
      ['loss', '0.5', 1],
      ['val loss', 'NaN', 0],
      ['val loss', 'NaN', 1],
    ])
    expect(new Set(cluster.reports.map(report => report.trialUid))).toEqual(new Set(['uid-tune-2']))
  })

  test.runIf(isHere)('appends to QALAM_METRICS_FILE, which is followed', async () => {
    const path = join(directory, `metrics-${Math.floor(performance.now() * 1000)}`)
    const { exitCode } = await run({ QALAM_METRICS_FILE: path })
    expect(exitCode).toBe(0)
    expect(readFileSync(path, 'utf8')).toMatch(/^"val loss"=nan loss=0.01 step=0 time=\d{4}-.*Z\n/im)
    const rows: CollectedMetric[] = []
    await runPushFile({
      path,
      objective: 'loss',
      trialUid: 'uid',
      attempt: 0,
      stream: 'pod/push',
      log() {},
      ended: AbortSignal.abort(),
      clock: systemClock,
      sink: { report: async report => void rows.push(...report.rows) },
    })
    expect(rows.map(row => [row.metricName, row.value, row.step])).toEqual([
      ['val loss', 'NaN', 0],
      ['loss', '0.01', 0],
      ['val loss', 'NaN', 1],
      ['loss', '0.02', 1],
    ])
    expect(rows.every(row => /^\d{4}-.*\.\d{6}Z$/.test(row.time ?? ''))).toBe(true)
  })

  test.runIf(isHere)('prints when there is neither, and warns once when nobody listens', async () => {
    const plain = await run({})
    expect(plain.stdout).toMatch(/^"val loss"=nan loss=0.01 step=0$/im)
    const dead = await run({ ...trialEnvironment(), QALAM_SERVER_URL: 'http://127.0.0.1:9' })
    expect(dead.exitCode).toBe(0)
    expect(dead.stderr.trim().split('\n')).toHaveLength(1)
    expect(dead.stdout).toMatch(/loss=0.25 step=0/)
    const refused = await run({ ...trialEnvironment(), QALAM_TRIAL_NAME: 'another' })
    expect([refused.exitCode, refused.stderr]).toEqual([0, expect.stringContaining('metrics were refused: 404')])
  })
})
