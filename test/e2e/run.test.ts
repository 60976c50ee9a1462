import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'

const inline = ['--minimize', 'loss', '-p', 'x=-1..1', '--', 'node', '-e', 'console.log("loss="+({x}-0.5)**2)']

/** A run of a name, which may be run again, over `x` from 0 to 1. */
const named = (name: string, directory: string, ...rest: readonly string[]) => [
  ...['run', '--data-dir', join(directory, 'data'), '--name', name],
  ...['--minimize', 'loss', '-p', 'x=0..1', ...rest],
]

describe('qalam run', () => {
  test('without YAML ends with the best arguments on standard output alone', async () => {
    using directory = temporaryDirectory()
    const args = ['run', '--data-dir', join(directory.path, 'data'), '--trials', '6', '--parallel', '3', '--seed', '1']
    const { code, stdout, stderr } = await qalam([...args, ...inline], { cwd: directory.path })
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^--x=-?[\d.]+\n$/)
    expect(stderr).toContain('new best')
  })

  test('the same line again prints the best and runs nothing; a larger budget continues', async () => {
    using directory = temporaryDirectory()
    const count = join(directory.path, 'count')
    const program = ['--', 'sh', '-c', `echo x >> ${count}; echo loss={x}`]
    const run = (trials: string) =>
      qalam([
        'run',
        '--data-dir',
        join(directory.path, 'data'),
        '--name',
        'again',
        '--trials',
        trials,
        '--parallel',
        '2',
        '--minimize',
        'loss',
        '-p',
        'x=0..1',
        ...program,
      ])
    const first = await run('3')
    const second = await run('3')
    expect(second).toMatchObject({ code: 0, stdout: first.stdout })
    const third = await run('5')
    expect(third.code).toBe(0)
    const { stdout } = await qalam(['trials', 'again', '--data-dir', join(directory.path, 'data'), '-o', 'name'])
    expect(stdout.trim().split('\n')).toHaveLength(5)
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(count, 'utf8')).toBe('x\n'.repeat(5))
    const described = await qalam(['describe', 'again', '--data-dir', join(directory.path, 'data')])
    const [, events = ''] = described.stdout.split(/^AGE +EVENT.*\n/m)
    const reasons = events
      .trim()
      .split('\n')
      .map(line => line.trim().split(/ +/)[2])
    expect(reasons.slice(0, 2), described.stdout).toEqual(['ExperimentCreated', 'ExperimentRunning'])
    expect(reasons.at(-1), described.stdout).toBe('ExperimentMaxTrialsReached')
  })

  test('another spec under the same name is a conflict that names the fields', async () => {
    using directory = temporaryDirectory()
    const args = (metric: string) => [
      'run',
      '--data-dir',
      join(directory.path, 'data'),
      '--name',
      'same',
      '--trials',
      '1',
      '--minimize',
      metric,
      '-p',
      'x=0..1',
      '--',
      'sh',
      '-c',
      'echo loss={x} other=1',
    ]
    expect((await qalam(args('loss'))).code).toBe(0)
    const { code, stderr } = await qalam(args('other'))
    expect(code).toBe(6)
    expect(stderr).toContain('exists with another spec.objective')
  })

  test('a trial that prints no metric says why, and the run ends with 10', async () => {
    using directory = temporaryDirectory()
    const { code, stdout, stderr } = await qalam([
      'run',
      '--data-dir',
      join(directory.path, 'data'),
      '--trials',
      '1',
      '--minimize',
      'loss',
      '-p',
      'x=0..1',
      '--',
      'echo',
      'accuracy=1',
    ])
    expect({ code, stdout }).toEqual({ code: 10, stdout: '' })
    expect(stderr).toMatch(/no metric .*loss/)
  })

  test('a program that is not here says what to do', async () => {
    using directory = temporaryDirectory()
    const { code, stderr } = await qalam([
      'run',
      '--data-dir',
      join(directory.path, 'data'),
      '--trials',
      '1',
      '--timeout',
      '20s',
      '--minimize',
      'loss',
      '-p',
      'x=0..1',
      '--',
      'no-such-program-here',
    ])
    expect(code).not.toBe(0)
    expect(stderr).toContain('no-such-program-here')
  })

  test('a failing program ends the run with 3 once the failure budget is used', async () => {
    using directory = temporaryDirectory()
    const file = join(directory.path, 'exp.yaml')
    const { stdout } = await qalam([
      'run',
      '--dry-run',
      '-o',
      'yaml',
      '--trials',
      '4',
      '--name',
      'fails',
      '--minimize',
      'loss',
      '-p',
      'x=0..1',
      '--',
      'sh',
      '-c',
      'exit 7',
    ])
    const experiment = parse(stdout)
    experiment.spec.maxFailedTrialCount = 1
    writeFileSync(file, JSON.stringify(experiment))
    const { code, stderr } = await qalam(['run', '--data-dir', join(directory.path, 'data'), '-f', file])
    expect(code).toBe(3)
    expect(stderr).toContain('FAILED')
  })

  test('interrupted twice it kills; run again it continues and loses no trial', async () => {
    using directory = temporaryDirectory()
    const args = named('stop', directory.path, '--trials', '3', '--parallel', '1', '-v', '--')
    const gate = join(directory.path, 'gate')
    const program = ['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo loss={x}`]
    const child = start([...args, ...program])
    const over = finished(child)
    await says(child, 'stderr', /started/)
    child.kill('SIGINT')
    await says(child, 'stderr', /will finish/)
    child.kill('SIGINT')
    expect((await over).code).toBe(130)
    writeFileSync(gate, '')
    const again = await qalam([...args, ...program])
    expect({ code: again.code, stderr: again.code === 0 ? '' : again.stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('Ctrl-C does not wait for trials whose program is not there, and the next run goes on with them', async () => {
    using directory = temporaryDirectory()
    const program = join(directory.path, 'program')
    const args = named('stuck', directory.path, '--trials', '2', '--parallel', '2', '--', program, '{x}')
    const child = start(args)
    const over = finished(child)
    await says(child, 'stderr', /#1 {2}waits/)
    child.kill('SIGINT')
    expect((await over).code).toBe(130)
    writeFileSync(program, '#!/bin/sh\necho loss=$1\n', { mode: 0o755 })
    const again = await qalam(args)
    expect({ code: again.code, stderr: again.code === 0 ? '' : again.stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('--dry-run prints an Experiment that Katib accepts too', async () => {
    const { code, stdout } = await qalam([
      'run',
      '--dry-run',
      '--for',
      'katib',
      '-o',
      'yaml',
      '--trials',
      '2',
      '--seed',
      '3',
      ...inline,
    ])
    expect(code).toBe(0)
    const { spec } = parse(stdout)
    expect(spec).not.toHaveProperty('seed')
    expect(spec.algorithm.algorithmName).toBe('random')
    expect(spec.trialTemplate.trialSpec.kind).toBe('Job')
  })
})

describe('bad input', () => {
  test.each([
    [['run'], 2, 'say what to search'],
    [['run', '-f', 'does-not-exist.yaml'], 2, 'does-not-exist.yaml: no such file'],
    [['run', '--minimize', 'loss', '-p', 'lr=2..1', '--', 'true'], 2, 'expected a minimum below 1, got 2'],
    [['run', '--minimize', 'loss', '--', 'true'], 2, 'at least one -p'],
    [['run', '--minimize', 'loss', '-p', 'x=0..1'], 2, 'put the program after `--`'],
    [['run', '--trials', 'many'], 2, 'expected a number, got "many"'],
    [['frobnicate'], 2, 'unknown command'],
    [['get', 'gadgets'], 2, 'unknown kind "gadgets"'],
    [['completion', 'tcsh'], 2, 'expected bash, zsh or fish'],
  ])('%j', async (args, code, message) => {
    const answer = await qalam(args)
    expect(answer.stderr).toContain(message)
    expect({ code: answer.code, stdout: answer.stdout }).toEqual({ code, stdout: '' })
  })

  test('every problem of a manifest has its line', async () => {
    using directory = temporaryDirectory()
    const file = join(directory.path, 'bad.yaml')
    writeFileSync(
      file,
      `apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bad}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: bayesianoptimisation}
  parameters:
    - name: lr
      parameterType: double
      feasibleSpace: {min: "2", max: "1"}
    - name: lr
      parameterType: int
      feasibleSpace: {min: "1", max: "2"}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: rate, reference: lr}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template: {spec: {restartPolicy: Never, containers: [{name: main, image: x, command: [echo, "\${trialParameters.speed}"]}]}}
`,
    )
    const { code, stderr } = await qalam(['validate', '-f', file])
    expect(code).toBe(7)
    expect(stderr).toMatch(/bad\.yaml:6 .*algorithmName/)
    expect(stderr).toMatch(/bad\.yaml:10 .*feasibleSpace/)
    expect(stderr).toMatch(/bad\.yaml:11 .*name/)
    expect(stderr).toMatch(/speed/)
  })
})

test('the server says when it serves, refuses a second one, and ends at SIGTERM', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const child = start(['server', '--data-dir', data])
  const [, kubernetes, rest] = await says(child, 'stdout', /^ready kubernetes=(\S+) rest=(\S+)$/m)
  expect(kubernetes).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const health = await fetch(`${rest}/healthz`)
  expect(health.status).toBe(200)
  expect((await fetch(`${rest}/api/v1/experiments`)).status).toBe(401)
  const second = await qalam(['server', '--data-dir', data])
  expect(second.code).toBe(6)
  expect(second.stderr).toContain('is served by process')
  const over = once(child, 'close')
  child.kill('SIGTERM')
  expect((await over)[0]).toBe(0)
})
