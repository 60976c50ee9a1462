import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { textFormat } from '#collector'
import { type Finished, finished, root } from '../support/qalam.ts'
import { isPythonHere, metricsOf, PROGRAMS_MS, ran, sayIfPythonIsAbsent, valuesOf } from './program.ts'

sayIfPythonIsAbsent('the examples in Python')

const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter(entry => entry.isDirectory())

describe.each(folders.map(({ name }) => name))('%s', name => {
  const text = readFileSync(join(root, 'examples', name, 'experiment.yaml'), 'utf8')

  test('opens with a comment, and is named as its folder', () => {
    expect(text).toMatch(/^# \S/)
    expect(parse(text).metadata).toEqual({ name, namespace: 'default' })
  })

  test('has a goal to reach, or words to end with', () => {
    const expected = JSON.parse(readFileSync(join(root, 'examples', name, 'expected.json'), 'utf8'))
    if (expected.exitCode !== undefined) {
      expect(expected).toEqual({ exitCode: expect.any(Number), says: expect.stringMatching(/\S{3}/) })
      return
    }
    const side = parse(text).spec.objective.type === 'minimize' ? 'atMost' : 'atLeast'
    expect(expected).toEqual({ [side]: expect.any(Number) })
  })

  test('names programs that the folder of its image has', () => {
    const container = parse(text).spec.trialTemplate.trialSpec.spec.template.spec.containers[0]
    const paths: string[] = container.command.filter((word: string) => /^\/[\w./]+$/.test(word))
    const ours = /^qalam\/(examples\/[\w-]+)$/.exec(container.image)
    expect(ours !== null).toBe(paths.length > 0)
    expect(paths.filter(path => !existsSync(join(root, ours?.[1] ?? '', path)))).toEqual([])
  })
})

test('quadratic: the loss is a bowl, lowest at (3, -1)', { timeout: PROGRAMS_MS }, async () => {
  const losses = await Promise.all(
    [
      ['3', '-1'],
      ['-1.5', '2.5e-1'],
    ].map(async ([x, y]) => {
      const { stdout } = await ran(process.execPath, 'examples/quadratic/train.mjs', `--x=${x}`, `--z=${y}`)
      return valuesOf(stdout, textFormat, 'loss')
    }),
  )
  expect(losses).toEqual([[0], [4.5 ** 2 + 1.25 ** 2]])
})

describe.runIf(isPythonHere)('inline', () => {
  const manifest = parse(readFileSync(join(root, 'examples/inline/experiment.yaml'), 'utf8'))
  const [shell, flag, script] = manifest.spec.trialTemplate.trialSpec.spec.template.spec.containers[0].command

  /** The script as a trial runs it: with its parameters, and the collector's suffix on its last line. */
  async function errors(damping: string, start: string): Promise<readonly number[]> {
    const filled = script
      .replaceAll(`\${trialParameters.damping}`, damping)
      .replaceAll(`\${trialParameters.start}`, start)
    const { stdout, code } = await finished(spawn(shell, [flag, `${filled} 2>&1 && echo completed`]))
    expect({ code, end: stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, end: 'completed' })
    return valuesOf(stdout, textFormat, 'error')
  }

  test('Newton’s own damping ends nearest', { timeout: PROGRAMS_MS }, async () => {
    const [slow, own] = await Promise.all([errors('0.2', '7'), errors('1', '7')])
    expect(own).toHaveLength(8)
    expect(own.at(-1)).toBeLessThan(1e-9)
    expect(slow.at(-1)).toBeGreaterThan(0.1)
  })
})

describe.runIf(isPythonHere)('digits', () => {
  const digits = (lr: string, epochs: number, ...more: string[]) =>
    ran('python3', 'examples/digits/train.py', `--lr=${lr}`, `--epochs=${epochs}`, ...more)
  let good: Finished
  let shorter: Finished
  let timid: Finished
  let decayed: Finished
  beforeAll(async () => {
    const runs = [digits('0.2', 2), digits('0.2', 1), digits('0.001', 1), digits('0.2', 1, '--l2=1')]
    ;[good, shorter, timid, decayed] = await Promise.all(runs)
  }, PROGRAMS_MS)

  const last = ({ stdout }: Finished, metric: string) => valuesOf(stdout, textFormat, metric).at(-1)

  test('prints accuracy and loss once an epoch, with time and step', () => {
    const metrics = metricsOf(good.stdout, textFormat, 'accuracy', 'loss')
    expect(metrics.map(({ metricName, step }) => `${metricName} ${step}`)).toEqual(
      [1, 2].flatMap(step => [`accuracy ${step}`, `loss ${step}`]),
    )
    expect(metrics.every(({ time }) => time !== undefined)).toBe(true)
  })

  test('learns: the loss falls from epoch to epoch', () => {
    const [first, second] = valuesOf(good.stdout, textFormat, 'loss')
    expect(second).toBeLessThan(first)
    expect(last(good, 'accuracy')).toBeGreaterThan(0.8)
  })

  test('depends on the learning rate and the weight decay', () => {
    expect(last(timid, 'accuracy')).toBeLessThan(0.3)
    expect(last(decayed, 'accuracy')).toBeLessThan(0.5)
  })

  test('gives the same numbers for the same flags', () => {
    const firstLine = ({ stdout }: Finished) => stdout.split('\n', 1)[0].replace(/^\S+/, '')
    expect(firstLine(shorter)).toBe(firstLine(good))
  })

  test('refuses flags that mean nothing', { timeout: PROGRAMS_MS }, async () => {
    const { code, stderr } = await digits('0.1', 1, '--batch-size=0')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('must be 1 or more') })
  })
})
