/** The quadratic example under another name, in namespace default. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Resource } from '#api'
import { root } from '../support/qalam.ts'

export function exampleExperiment(name: string, budget: object = {}): Resource {
  const experiment = parse(readFileSync(join(root, 'examples/quadratic/experiment.yaml'), 'utf8'))
  return { ...experiment, metadata: { name, namespace: 'default' }, spec: { ...experiment.spec, ...budget } }
}
