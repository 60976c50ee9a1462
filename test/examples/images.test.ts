import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonFormat, textFormat, userFormat } from '#collector'
import { type Finished, finished, root } from '../support/qalam.ts'
import { isPythonHere, metricsOf, PROGRAMS_MS, ran, sayIfPythonIsAbsent, valuesOf } from './program.ts'

sayIfPythonIsAbsent('the programs of the local images')

const images = join(root, 'standalone/images')
const folders: Record<string, string> = JSON.parse(readFileSync(join(images, 'images.json'), 'utf8'))
const directory = mkdtempSync(join(tmpdir(), 'images-'))
afterAll(() => rmSync(directory, { recursive: true }))

test.each(Object.entries(folders))('%s is a folder, with the program it starts', (_, folder) => {
  expect(existsSync(join(images, folder))).toBe(true)
  if (folder.includes('examples')) return
  const { Entrypoint } = JSON.parse(readFileSync(join(images, folder, 'config.json'), 'utf8'))
  expect(existsSync(join(images, folder, Entrypoint.at(-1)))).toBe(true)
})

describe.runIf(isPythonHere)('pytorch-mnist', () => {
  const mnist = (...flags: string[]) =>
    ran('python3', 'standalone/images/pytorch-mnist-cpu/opt/pytorch-mnist/mnist.py', '--epochs=1', ...flags)
  const textPath = join(directory, 'katib', 'mnist.log')
  const jsonPath = join(directory, 'katib', 'mnist.json')
  let good: Finished
  let timid: Finished
  let hypertune: Finished
  let toFile: Finished
  beforeAll(async () => {
    const runs = [
      mnist('--batch-size=16', '--lr=0.04', '--momentum=0.8'),
      mnist('--batch-size=16', '--lr=0.0001', '--momentum=0.5'),
      mnist(`--log-path=${jsonPath}`, '--lr=0.03', '--momentum=0.7', '--logger=hypertune'),
      mnist(`--log-path=${textPath}`, '--lr=0.03', '--momentum=0.7'),
    ]
    ;[good, timid, hypertune, toFile] = await Promise.all(runs)
  }, PROGRAMS_MS)

  const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

  test('prints the loss as it falls, every line with its time', () => {
    const metrics = metricsOf(good.stdout, textFormat, 'loss')
    const losses = metrics.map(({ value }) => Number(value))
    expect(losses.length).toBeGreaterThan(30)
    expect(metrics.every(({ time }) => time !== undefined)).toBe(true)
    expect(losses[0]).toBeCloseTo(Math.log(10), 3)
    expect(mean(losses.slice(-10))).toBeLessThan(0.7)
  })

  test('ends worse with a learning rate that is too small', () => {
    const end = ({ stdout }: Finished) => mean(valuesOf(stdout, textFormat, 'loss').slice(-10))
    expect(end(timid)).toBeGreaterThan(2 * end(good))
    expect(valuesOf(timid.stdout, textFormat, 'accuracy')[0]).toBeLessThan(
      valuesOf(good.stdout, textFormat, 'accuracy')[0],
    )
  })

  test('writes the log into the file of --log-path, for the filter of Katib’s manifests', async () => {
    expect(toFile).toEqual({ code: 0, stdout: '', stderr: '' })
    const format = await userFormat(['{metricName: ([\\w|-]+), metricValue: ((-?\\d+)(\\.\\d+)?)}'])
    const metrics = metricsOf(readFileSync(textPath, 'utf8'), format, 'accuracy', 'loss')
    expect(metrics.map(({ metricName }) => metricName)).toEqual(['accuracy', 'loss'])
    expect(Number(metrics[0].value)).toBeGreaterThan(0.5)
  })

  test('writes JSON lines with --logger=hypertune, and the log to standard output', () => {
    const metrics = metricsOf(readFileSync(jsonPath, 'utf8'), jsonFormat, 'accuracy', 'loss')
    expect(metrics.map(({ metricName }) => metricName).toSorted()).toEqual(['accuracy', 'loss'])
    expect(metrics.every(({ time }) => time !== undefined)).toBe(true)
    expect(hypertune.stdout).toMatch(/INFO {5}Train Epoch: 1 \[0\/6000 \(0%\)\]\tloss=/)
  })

  test('refuses what it cannot train with', { timeout: PROGRAMS_MS }, async () => {
    const { code, stderr } = await mnist('--batch-size=0')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--batch-size: expected 1 or more, got 0'),
    })
  })
})

describe.runIf(isPythonHere)('simple-pbt', () => {
  const trained = (checkpoint: string, lr: string, epochs = 20) =>
    ran(
      'python3',
      'standalone/images/simple-pbt/opt/pbt/pbt_test.py',
      `--epochs=${epochs}`,
      `--lr=${lr}`,
      `--checkpoint=${join(directory, checkpoint)}/`,
    )
  const accuracies = ({ stdout }: Finished) => valuesOf(stdout, textFormat, 'Validation-accuracy')

  test('goes on from its checkpoint, and a falling rate beats a constant one', { timeout: PROGRAMS_MS }, async () => {
    const first = await trained('schedule', '0.02')
    const [second, constant] = await Promise.all([trained('schedule', '0.005'), trained('constant', '0.02', 40)])
    expect(accuracies(second)).toHaveLength(20)
    expect(second.stdout).toMatch(/^epoch 21:\nlr=0\.0050\nValidation-accuracy=/)
    expect(accuracies(second)[0]).toBeGreaterThan(accuracies(first).at(-1)!)
    expect(accuracies(second).at(-1)).toBeGreaterThan(accuracies(constant).at(-1)! + 0.05)
  })

  test('does not train over a file that is no checkpoint', { timeout: PROGRAMS_MS }, async () => {
    const path = join(directory, 'training.ckpt')
    writeFileSync(path, '{"epoch": 3}')
    const { code, stderr } = await trained('.', '0.01')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is no checkpoint of this program') })
    expect(readFileSync(path, 'utf8')).toBe('{"epoch": 3}')
  })
})

describe('custom-metrics-collector', () => {
  test('pushes what the program of its trial writes, until that is over', { timeout: PROGRAMS_MS }, async () => {
    const log = join(directory, 'custom.log')
    const token = join(directory, 'token')
    writeFileSync(log, 'start\naccuracy=0.5 loss=2\n')
    writeFileSync(token, 'token\n')
    const pushed: unknown[] = []
    const first = Promise.withResolvers<void>()
    const server = createServer(async (request, response) => {
      const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
      pushed.push(request.url, request.headers.authorization, ...(JSON.parse(text) as { metrics: unknown[] }).metrics)
      response.end('{}')
      first.resolve()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const env = {
      ...process.env,
      QALAM_SERVER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      QALAM_NAMESPACE: 'kubeflow',
      QALAM_TRIAL_NAME: 'tune-0',
      QALAM_TOKEN_FILE: token,
    }
    const program = spawn(process.execPath, ['-e', 'process.stdin.resume()', log], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const collector = join(images, 'custom-metrics-collector/opt/collector/collect.mjs')
    const flags = ['-m', 'accuracy', '-s', 'katib-db-manager.kubeflow:6789', '-path', log]
    const done = finished(spawn(process.execPath, [collector, ...flags], { env }))
    await first.promise
    appendFileSync(log, 'accuracy=0.75')
    program.stdin.end()
    expect(await done).toEqual({ code: 0, stdout: 'pushed 2 values\n', stderr: '' })
    server.close()
    const place = ['/api/v1/namespaces/kubeflow/trials/tune-0/metrics', 'Bearer token']
    expect(pushed).toEqual([
      ...place,
      { name: 'accuracy', value: 0.5, step: 0 },
      ...place,
      { name: 'accuracy', value: 0.75, step: 1 },
    ])
  })
})
