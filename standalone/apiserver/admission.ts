/** What the embedded server lets the owner of a kind decide on a write. */
import type { Resource } from '#api'

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly object: Resource
  readonly old?: Resource
  readonly dryRun: boolean
  /** Told to whoever writes, in the `Warning` header; refuses nothing. */
  warn(sentence: string): void
  /** There are objects of this kind, now. */
  serves(type: { readonly apiVersion: string; readonly kind: string }): boolean
  /** Reads committed objects, for references such as ConfigMap templates. */
  get(ref: { apiVersion: string; kind: string; namespace?: string; name: string }): Promise<Resource | undefined>
}

/** Returns the defaulted object. Throws `InvalidSpec` (code 400, Katib's text, `details.causes`) or `ApiError` to refuse. */
export type Admit = (request: AdmissionRequest) => Promise<Resource> | Resource

/** What is meant by an object that may not fit its schema. Pure, refuses nothing; the same object where there is nothing to do. */
export type Rewrite = (object: Resource) => Resource
