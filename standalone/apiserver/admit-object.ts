/** Everything an object passes before it is stored: its schema, defaults, the policy of its kind. */
import { ApiError, InvalidSpec, type Resource } from '#api'
import type { AdmissionRequest, Admit } from './admission.ts'
import { builtInDefaults, builtInProblems, updateDefaults } from './kinds/built-in-defaults.ts'
import { immutableProblems } from './kinds/immutable-fields.ts'
import type { ServedKind } from './kinds/served-kind.ts'
import { definitionProblems } from './kinds/served-kinds.ts'
import { type Schema, schemaProblems } from './kinds/structural.ts'
import { requireTypes } from './kinds/type-problems.ts'
import { metadataProblems } from './metadata.ts'
import { type Cause, denied, invalid } from './request/refusal.ts'
import type { ServerContext } from './server-context.ts'

export interface Admission {
  readonly operation: 'CREATE' | 'UPDATE'
  readonly old?: Resource
  readonly dryRun: boolean
  /** A write of the status alone is nobody's policy. */
  readonly isStatus: boolean
  warn(sentence: string): void
}

/** The defaulted object, or a refusal with every problem of the first judge that has one. */
export async function admitObject(
  context: ServerContext,
  kind: ServedKind,
  written: Resource,
  { operation, old, dryRun, isStatus, warn }: Admission,
): Promise<Resource> {
  const object = isStatus ? written : (context.rewrite[kind.kind]?.(written) ?? written)
  const { name } = object.metadata
  const problems = metadataProblems(kind, object.metadata)
  if (problems.length > 0) throw invalid(kind, name, problems)
  const policy = isStatus ? undefined : context.admit[kind.kind]
  try {
    return await admitted(context, kind, object, policy, { operation, old, dryRun, isStatus, warn })
  } catch (error) {
    if (policy && !dryRun) noteRefusal(context, object, error)
    throw error
  }
}

/** Katib's SDK keeps the reason of a refusal to itself; here is where its user finds it. */
function noteRefusal({ log }: ServerContext, { kind, metadata }: Resource, error: unknown): void {
  if (!(error instanceof ApiError)) return
  log(`refused: ${kind} ${metadata.namespace}/${metadata.name}: ${error.message.slice(0, LOGGED_CHARACTERS)}`)
}

const LOGGED_CHARACTERS = 2_000

async function admitted(
  context: ServerContext,
  kind: ServedKind,
  object: Resource,
  policy: Admit | undefined,
  { operation, old, dryRun, isStatus, warn }: Admission,
): Promise<Resource> {
  if (!kind.isCustom && !isStatus) requireTypes(kind, object)
  const fill = operation === 'CREATE' ? builtInDefaults : updateDefaults
  const defaulted = kind.isCustom || isStatus ? object : fill(object)
  const frozen = old && !isStatus ? immutableProblems(kind.isCustom ? old : updateDefaults(old), defaulted) : []
  const flaws = [...flawsOf(kind, defaulted, isStatus), ...frozen]
  if (flaws.length > 0) throw invalid(kind, object.metadata.name, flaws)
  return policy ? await judge(context, kind, policy, { operation, object: defaulted, old, dryRun, warn }) : defaulted
}

function flawsOf(kind: ServedKind, object: Resource, isStatus: boolean): Cause[] {
  if (kind.isCustom) return schemaProblems(object, kind.schema as Schema | undefined, isStatus ? ['status'] : undefined)
  return kind.kind === 'CustomResourceDefinition' ? definitionProblems(object) : builtInProblems(object)
}

/** Asks the policy of a kind. */
export async function judge(
  context: ServerContext,
  kind: ServedKind,
  policy: ServerContext['admit'][string],
  asked: Omit<AdmissionRequest, 'get' | 'serves'>,
): Promise<Resource> {
  const get: AdmissionRequest['get'] = async ref => {
    const found = context.kinds.of(ref.apiVersion, ref.kind)
    return found && context.objects.get(found, found.namespaced ? ref.namespace : undefined, ref.name)
  }
  try {
    const serves: AdmissionRequest['serves'] = type => context.kinds.of(type.apiVersion, type.kind) !== undefined
    return await policy({ ...asked, get, serves })
  } catch (error) {
    throw error instanceof InvalidSpec ? denied(kind, asked.object.metadata.name, error) : error
  }
}
