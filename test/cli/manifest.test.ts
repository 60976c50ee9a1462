import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { problemLines, readManifests } from '../../cli/input/manifest.ts'

const directory = mkdtempSync(join(tmpdir(), 'qalam-manifest-'))
afterAll(() => rmSync(directory, { recursive: true }))

function read(text: string) {
  const file = join(directory, 'exp.yaml')
  writeFileSync(file, text)
  return readManifests(file)
}

describe('a manifest', () => {
  const text = `apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata:
  name: lines
spec:
  parameters:
    - name: lr
      feasibleSpace:
        min: "2"
`

  test.each([
    ['spec.parameters[0].feasibleSpace.min', 9],
    ['spec.parameters[0].feasibleSpace.max', 9],
    ['spec.parameters[0]', 7],
    ['spec.objective', 6],
    ['metadata.name', 4],
  ])('%s is on line %i', (path, line) => {
    expect(read(text)[0].lineOf(path)).toBe(line)
  })

  test('every problem is one line with file, line, path and message', () => {
    const [manifest] = read(text)
    const problem = {
      path: 'spec.parameters[0].feasibleSpace.min',
      reason: 'Invalid',
      message: 'expected a number',
    } as const
    expect(problemLines(manifest, [problem])).toBe(`${manifest.file}:9  ${problem.path}: expected a number`)
  })

  test('several documents and empty ones between them', () => {
    expect(read(`---\n${text}---\n---\n${text}`)).toHaveLength(2)
  })

  test('integers that a double cannot hold stay digit by digit', () => {
    const [{ resource }] = read(`${text}  seed: 9223372036854775807\n`)
    expect(JSON.stringify(resource.spec)).toContain('"seed":9223372036854775807')
  })

  test.each([
    ['a: [', 'exp.yaml:1  expected YAML: Flow sequence'],
    ['just text', 'expected an object with apiVersion, kind and metadata'],
    [
      'apiVersion: v1\nkind: X\nmetadata:\n  __proto__: {polluted: true}',
      'exp.yaml:4  metadata.__proto__: expected another name',
    ],
    [`a: "${'x'.repeat(2 ** 20)}"`, 'expected at most 1 MiB'],
    ['a: 1\na: 2', 'exp.yaml:2  expected each key once'],
    ['a: 1\nb: 2', 'exp.yaml:1  expected an object with apiVersion, kind and metadata, got one with a, b'],
    [`a: 1\nb: ${'['.repeat(20_000)}`, 'exp.yaml:2  expected at most 64 levels'],
    ['a: *missing', 'exp.yaml:1  expected YAML: Unresolved alias'],
  ])('%.30s is refused', (bad, message) => {
    expect(() => read(bad)).toThrow(message)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('aliases that multiply are refused', () => {
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`)}]`),
    ]
    expect(() => read(bomb.join('\n'))).toThrow(/exp.yaml:1 {2}expected at most 100 uses of aliases/)
  })
})
