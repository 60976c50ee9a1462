/** `qalam apply`, `create` and `delete` */
import { ApiError, type Resource, type SpecProblem } from '#api'
import type { WritingClient } from '#kube'
import { CommandError, EXIT } from './exit.ts'
import { calledIn, type Manifest, problemLines, readManifests } from './input/manifest.ts'
import { objectsNamed } from './input/resource-names.ts'
import { warnOfUnknownFields } from './input/unknown-fields.ts'
import type { BackEnd } from './place/back-end.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

/** Owns the fields that people set through this program. */
export const FIELD_MANAGER = 'qalam'

type FileOptions = Place & { readonly file: readonly string[] }

export async function apply(options: FileOptions): Promise<void> {
  await forEach(options, async (place, manifest) => {
    refuseNameless(manifest)
    const existed = (await place.client.get(refIn(place, manifest.resource))) !== undefined
    const applied = await place.client.apply(inNamespace(place, manifest.resource), FIELD_MANAGER)
    say(applied, existed ? 'configured' : 'created')
  })
}

export async function create(options: FileOptions): Promise<void> {
  await forEach(options, async (place, manifest) => {
    say(await place.client.create(inNamespace(place, manifest.resource)), 'created')
  })
}

export async function remove(names: readonly string[], options: FileOptions): Promise<void> {
  if (names.length === 0 && options.file.length === 0)
    throw new CommandError(EXIT.usage, 'name an experiment, or give -f')
  await using place = await connect(options)
  const namespace = place.namespace
  const refs = [
    ...objectsNamed(names, 'experiment').map(({ kind, name }) => ({ ...kind, namespace, name })),
    ...options.file.flatMap(readManifests).map(manifest => {
      refuseNameless(manifest)
      return refIn(place, manifest.resource)
    }),
  ]
  for (const ref of refs) {
    if ((await place.client.get(ref)) === undefined)
      throw new CommandError(EXIT.notFound, `no ${ref.kind} "${ref.name}" in namespace ${namespace}`)
    await place.client.delete(ref)
    process.stdout.write(`${ref.kind.toLowerCase()}/${ref.name} deleted\n`)
  }
  place.remindUnserved()
}

/** What has no name of its own cannot be found again, to be changed or deleted. */
function refuseNameless(manifest: Manifest): void {
  const { kind, metadata } = manifest.resource
  if (metadata.name) return
  const advice = metadata.generateName ? '; `qalam create` makes a new one each time' : ''
  const message = `expected the name of the ${kind}, got none${advice}`
  throw new CommandError(EXIT.invalidSpec, problemLines(manifest, [invalidName(message)]))
}

const invalidName = (message: string): SpecProblem => ({ path: 'metadata.name', reason: 'Required', message })

/** Makes the manifest's namespace where it is missing and says so; true when it did. */
export async function ensureNamespace(client: WritingClient, namespace: string): Promise<boolean> {
  if ((await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })) !== undefined) return false
  try {
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    return true
  } catch (error) {
    // Somebody else made it in between: what we wanted.
    if (error instanceof ApiError && error.reason === 'AlreadyExists') return false
    throw error
  }
}

async function forEach(
  options: FileOptions,
  work: (place: BackEnd, manifest: Manifest) => Promise<void>,
): Promise<void> {
  const manifests = options.file.flatMap(readManifests)
  await using place = await connect(options)
  for (const manifest of manifests) {
    warnOfUnknownFields(manifest)
    const { namespace } = inNamespace(place, manifest.resource).metadata
    if (namespace !== undefined && (await ensureNamespace(place.client, namespace))) {
      process.stdout.write(`namespace/${namespace} created\n`)
    }
    await withLines(manifest, () => work(place, manifest))
  }
  place.remindUnserved()
}

/** A refusal of the API gets the lines of the manifest that caused it. */
export async function withLines<T>(manifest: Manifest, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const problems = error instanceof ApiError ? causes(error) : []
    if (problems.length === 0) throw error
    throw new CommandError(EXIT.invalidSpec, `${calledIn(manifest)} is refused\n${problemLines(manifest, problems)}`)
  }
}

function causes(error: ApiError): readonly SpecProblem[] {
  const list = (error.details?.causes ?? []) as { field?: string; message?: string }[]
  return list.map(cause => ({ path: cause.field ?? '', reason: 'Invalid', message: cause.message ?? '' }))
}

function inNamespace(place: BackEnd, resource: Resource): Resource {
  if (clusterScoped.includes(resource.kind) || resource.metadata.namespace !== undefined) return resource
  return { ...resource, metadata: { ...resource.metadata, namespace: place.namespace } }
}

function refIn(place: BackEnd, resource: Resource) {
  const { apiVersion, kind, metadata } = inNamespace(place, resource)
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
}

function say(resource: Resource, what: string): void {
  process.stdout.write(`${resource.kind.toLowerCase()}/${resource.metadata.name} ${what}\n`)
}

const clusterScoped = ['Namespace', 'Node', 'CustomResourceDefinition']
