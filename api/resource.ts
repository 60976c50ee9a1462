/** Metadata, references and names as every Kubernetes object has them. */
import { z } from 'zod'

export const OwnerReference = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
})
export type OwnerReference = z.output<typeof OwnerReference>

export const Metadata = z.looseObject({
  name: z.string().default(''),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().int().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  deletionGracePeriodSeconds: z.number().int().optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  finalizers: z.array(z.string()).nullish(),
  ownerReferences: z.array(OwnerReference).nullish(),
})
export type Metadata = z.output<typeof Metadata>

/** Any Kubernetes object, ours or a stranger's: what the transport, the informers and the embedded server carry. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

/** Which object. `uid`, where given, is a precondition: another object under the same name is not meant. */
export interface ResourceRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid?: string
}

export function refOf(resource: Resource): ResourceRef {
  const { apiVersion, kind, metadata } = resource
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

/** The controller owner reference that a child of `owner` carries. */
export function controllerReference(owner: Resource): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  if (metadata.uid === undefined) throw new Error(`${kind} ${metadata.name} has no uid yet and can own nothing`)
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }
}

export function controllerOf(resource: Resource): OwnerReference | undefined {
  return resource.metadata.ownerReferences?.find(owner => owner.controller === true)
}
