/** What a trial can be: the contract of one Kubernetes kind as a trial's job. */
import type { Resource } from '#api'

/** How a job stands, read from the object alone. */
export type RunStatus =
  | { readonly is: 'pending' | 'running' }
  | { readonly is: 'succeeded' | 'failed'; readonly reason?: string; readonly message?: string }

/** What is asked of the API to stop a run so that its pods get their grace: a merge patch, or the object's deletion. */
export type StopRequest = { readonly patch: object } | { readonly delete: true }

/** One mistake of a template; `path` is dotted, relative to the template, empty for the template itself. */
export interface TemplateProblem {
  readonly path: string
  readonly message: string
}

export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  /** Defaults of Katib's webhook (katib-compatibility 1.6); empty: the user has to give them. */
  readonly successCondition: string
  readonly failureCondition: string
  readonly primaryPodLabels?: Readonly<Record<string, string>>
  /** Where the pod templates are; the injector changes the primary ones. Paths of keys from the object's root. */
  readonly podTemplates: (job: Resource) => readonly { readonly path: readonly string[]; readonly primary: boolean }[]
  /** The primary pod's program runs: told apart from a job that still waits for a slot, a queue or an image. */
  isRunning(job: Resource): boolean
  stop(job: Resource): StopRequest
  /** After a stop: no process of it is left (a Job: `status.terminating` is 0 and no active pod). */
  hasStopped(job: Resource): boolean
  /** Problems of a template of this kind, beyond what every template must have. */
  problems(template: Readonly<Record<string, unknown>>): readonly TemplateProblem[]
}
