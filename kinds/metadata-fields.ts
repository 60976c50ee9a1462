/** Fields that objects of Kubernetes share: metadata, selectors, references. Of the OpenAPI of Kubernetes 1.36, as all tables here. */
import type { Fields, FieldType } from './strict-fields.ts'

export const texts: FieldType = ['string']
export const textMap: FieldType = { mapOf: 'string' }
export const quantities: FieldType = { mapOf: 'quantity' }

export const expression: FieldType = { key: 'string', operator: 'string', values: texts }
export const labelSelector: FieldType = { matchLabels: textMap, matchExpressions: [expression] }
export const localReference: FieldType = { name: 'string' }
export const keyReference: FieldType = { name: 'string', key: 'string', optional: 'boolean' }
export const fieldReference: FieldType = { apiVersion: 'string', fieldPath: 'string' }
export const resourceFieldReference: FieldType = { containerName: 'string', resource: 'string', divisor: 'quantity' }
export const keyToPath: FieldType = { key: 'string', path: 'string', mode: 'integer' }

/** Metadata is written by servers, too: managed fields are not looked into. */
export const metadata: Fields = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  selfLink: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'integer',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'integer',
  labels: textMap,
  annotations: textMap,
  ownerReferences: ['any'],
  finalizers: texts,
  managedFields: ['any'],
}
