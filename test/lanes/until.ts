/** Waiting for what a real API server does in its own time. */
import { customResourceDefinitions, type Resource } from '#api'
import type { Informer, Informers, WritingClient } from '#kube'

/** Resolves with the object, or `undefined` for none, as soon as `holds` is true of it in the cache. */
export function until<T extends Resource>(
  informer: Informer<T>,
  namespace: string | undefined,
  name: string,
  holds: (object: T | undefined) => boolean,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  const look = () => {
    const object = informer.get(namespace, name)
    if (holds(object)) resolve(object)
  }
  const subscription = informer.onChange(look)
  void informer.synced().then(look, () => {})
  return promise.finally(() => subscription[Symbol.dispose]())
}

/** Applies our CRDs and resolves when the server serves each of them. */
export async function establishDefinitions(client: WritingClient, informers: Informers): Promise<void> {
  for (const definition of customResourceDefinitions()) {
    const { metadata } = await client.apply(definition, 'qalam-lane')
    await established(informers, metadata.name)
  }
}

/** Resolves when the server serves what the definition defines. */
export async function established(informers: Informers, name: string): Promise<void> {
  await until(informers.of<Definition>(DEFINITION), undefined, name, isEstablished)
}

export const DEFINITION = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

interface Definition extends Resource {
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] }
}

const isEstablished = (definition: Definition | undefined) =>
  definition?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
