/** Which kinds trials may be of, as an operator lists them, and which kind a trial template is of. */
import type { SpecProblem, TrialTemplate } from '#api'
import { readTemplate } from '../experiment/render-template.ts'
import type { AdmissionKnowledge, TrialKind } from './knowledge.ts'
import { invalid } from './problem.ts'

/** Why trials may not be of this kind; `allowed` undefined: every kind is. */
export function kindRefusal({ apiVersion, kind }: TrialKind, allowed: readonly TrialKind[] | undefined) {
  if (allowed === undefined || allowed.some(each => each.apiVersion === apiVersion && each.kind === kind))
    return undefined
  const list = allowed.map(each => `${each.kind} of ${each.apiVersion}`).join(', ') || 'no kind at all'
  return `expected a kind that the operator allows (${list}), got ${kind} of ${apiVersion}; ask for it in trialResources`
}

/** What is known of kinds besides their names. */
export type KnownKinds = Pick<AdmissionKnowledge, 'allowedKinds' | 'serves'>

/** What every template must say of its kind: one that is the same for all trials and allowed. */
export function kindProblems(
  path: string,
  type: TrialKind,
  { allowedKinds, serves }: KnownKinds,
): readonly SpecProblem[] {
  const filled = Object.entries(type).filter(([, value]) => value.includes('${'))
  if (filled.length > 0)
    return filled.map(([field, value]) =>
      invalid(`${path}.${field}`, `expected the same ${field} for every trial, got "${value}"; write it out`),
    )
  const refusal = kindRefusal(type, allowedKinds) ?? (serves?.(type) === false ? unserved(type) : undefined)
  return refusal === undefined ? [] : [invalid(`${path}.kind`, refusal)]
}

function unserved({ apiVersion, kind }: TrialKind): string {
  const advice =
    'write a Job of batch/v1, or create the CustomResourceDefinition of that kind first and run its controller'
  return `expected a kind that this server serves, got ${kind} of ${apiVersion}; ${advice}`
}

/** Undefined: the template cannot be read, or does not say it. `configMapText` of a ConfigMap template. */
export function templateKind(template: TrialTemplate | undefined, configMapText?: string): TrialKind | undefined {
  try {
    const { apiVersion, kind } = readTemplate(template ?? {}, configMapText)
    return typeof apiVersion === 'string' && typeof kind === 'string' ? { apiVersion, kind } : undefined
  } catch {
    // Whoever needs the template says what is wrong with it.
    return undefined
  }
}
