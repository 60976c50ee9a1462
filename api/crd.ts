/** CustomResourceDefinitions of the three kinds, made from their zod schemas. */
import type { z } from 'zod'
import { Experiment } from './experiment.ts'
import { GROUP } from './names.ts'
import type { Resource } from './resource.ts'
import { type StructuralSchema, structuralSchema } from './structural-schema.ts'
import { Suggestion } from './suggestion.ts'
import { Trial } from './trial.ts'

interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'date' | 'integer' | 'number'
  readonly jsonPath: string
  /** 1: only in wide tables, so that nobody's columns move. */
  readonly priority?: 1
}

/** Experiment, Suggestion, Trial, in this order; every call makes them anew. */
export function customResourceDefinitions(): Resource[] {
  return [
    definition('Experiment', 'A search for the best parameters of a program, by trials.', Experiment, [
      ...lastCondition,
      age,
      { name: 'Phase', type: 'string', jsonPath: PHASE, priority: 1 },
      { name: 'Trials', type: 'integer', jsonPath: '.status.trials', priority: 1 },
      { name: 'Best', type: 'number', jsonPath: '.status.bestObjective', priority: 1 },
      { name: 'Parameters', type: 'string', jsonPath: '.status.bestParameters', priority: 1 },
    ]),
    definition('Suggestion', 'The points that an algorithm suggests for an Experiment.', Suggestion, [
      ...lastCondition,
      { name: 'Requested', type: 'string', jsonPath: '.spec.requests' },
      { name: 'Assigned', type: 'string', jsonPath: '.status.suggestionCount' },
      age,
    ]),
    definition('Trial', 'One run of the program of an Experiment, with one choice of parameters.', Trial, [
      ...lastCondition,
      age,
      { name: 'Phase', type: 'string', jsonPath: PHASE, priority: 1 },
    ]),
  ]
}

/** Katib's columns: the state is the last condition of the list. */
const lastCondition: readonly PrinterColumn[] = [
  { name: 'Type', type: 'string', jsonPath: '.status.conditions[-1:].type' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[-1:].status' },
]
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

function definition(kind: string, description: string, schema: z.ZodType, columns: readonly PrinterColumn[]): Resource {
  const singular = kind.toLowerCase()
  const version = {
    name: 'v1beta1',
    served: true,
    storage: true,
    additionalPrinterColumns: columns,
    ...(hasPhase(columns) ? { selectableFields: [{ jsonPath: PHASE }] } : {}),
    subresources: { status: {} },
    schema: { openAPIV3Schema: { description, ...rootSchema(structuralSchema(schema)) } },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        singular,
        plural: `${singular}s`,
        categories: ['all', 'kubeflow', 'katib'],
      },
      versions: [version],
    },
  }
}

/** `kubectl get trials --field-selector=status.phase=Running` */
const hasPhase = (columns: readonly PrinterColumn[]) => columns.some(({ jsonPath }) => jsonPath === PHASE)
const PHASE = '.status.phase'

/** What every object has is Kubernetes' to describe: a definition may say no more of it than its types. */
function rootSchema(schema: StructuralSchema): StructuralSchema {
  const properties = {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
  }
  return { type: 'object', properties, 'x-kubernetes-preserve-unknown-fields': true }
}
