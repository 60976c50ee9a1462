/** Where nobody reads logs for collectors: standard output of a program can be had only if its command stands in the template. */
import type { Experiment, SpecProblem } from '#api'
import { kindOf } from '#kinds'
import { readTemplate, type TemplateTree } from '../experiment/render-template.ts'
import type { ValidationContext } from './knowledge.ts'
import type { PodTemplate } from './pod-template.ts'
import { required } from './problem.ts'

export function validateCommand(
  { spec }: Experiment,
  configMap: ValidationContext['template'],
): readonly SpecProblem[] {
  const { trialTemplate: template, metricsCollectorSpec } = spec
  if (!template || (metricsCollectorSpec?.collector?.kind ?? 'StdOut') !== 'StdOut') return []
  const tree = treeOf(template, configMap)
  if (typeof tree?.apiVersion !== 'string' || typeof tree.kind !== 'string') return []
  const { apiVersion, kind } = tree
  const places = kindOf({ apiVersion, kind }).podTemplates({ metadata: { name: '' }, ...tree, apiVersion, kind })
  const names = places.flatMap(({ path }) => {
    // What the template has there is a pod template or nothing.
    const pod = path.reduce<unknown>((at, key) => (at as TemplateTree | undefined)?.[key], tree) as
      | PodTemplate
      | undefined
    return pod?.spec?.containers ?? []
  })
  const primary = names.find(({ name }) => name === template.primaryContainerName)
  if (!primary || primary.command?.length) return []
  const path = template.trialSpec ? 'spec.trialTemplate.trialSpec' : 'spec.trialTemplate.configMap'
  const sentence = `expected a command of container ${primary.name}, got nothing, and logs may not be read here`
  return [required(path, `${sentence}; give a command, or use Push`)]
}

function treeOf(template: NonNullable<Experiment['spec']['trialTemplate']>, configMap: ValidationContext['template']) {
  try {
    return readTemplate(template, configMap && 'text' in configMap ? configMap.text : undefined)
  } catch {
    // Whoever needs the template says what is wrong with it.
    return undefined
  }
}
