/** The contents of ConfigMaps and Secrets, read when a pod asks for them. */
import type { Resource } from '#api'
import type { ReadingClient } from '#kube'
import { CannotStart } from './cannot-start.ts'
import type { KeyReference } from './pod-types.ts'

type KeyedKind = 'ConfigMap' | 'Secret'

/** Each object is read once for a pod. */
export class KeyedObjects {
  readonly #client: ReadingClient
  readonly #namespace: string
  readonly #read = new Map<string, Promise<Content | undefined>>()

  constructor(client: ReadingClient, namespace: string) {
    this.#client = client
    this.#namespace = namespace
  }

  /** Everything in it, for files. Throws `CannotStart` for an object that is missing and not optional. */
  async all(kind: KeyedKind, name: string, optional = false): Promise<Values> {
    const { data, binary } = await this.#content(kind, name, optional)
    return { ...data, ...binary }
  }

  /** What may become variables: a ConfigMap's `binaryData` may not. */
  async texts(kind: KeyedKind, name: string, optional = false): Promise<Values> {
    return (await this.#content(kind, name, optional)).data
  }

  async #content(kind: KeyedKind, name: string, optional: boolean): Promise<Content> {
    const key = `${kind}/${name}`
    if (!this.#read.has(key)) this.#read.set(key, this.#fetch(kind, name))
    const found = await this.#read.get(key)
    if (found) return found
    this.#read.delete(key)
    if (optional) return { data: {}, binary: {} }
    throw new CannotStart('CreateContainerConfigError', `${kind} ${this.#namespace}/${name} does not exist; create it`)
  }

  async one(kind: KeyedKind, { name, key, optional }: KeyReference): Promise<Buffer | undefined> {
    const value = (await this.texts(kind, name, optional))[key]
    if (value !== undefined || optional) return value
    throw new CannotStart('CreateContainerConfigError', `${kind} ${this.#namespace}/${name} has no key ${key}`)
  }

  async #fetch(kind: KeyedKind, name: string): Promise<Content | undefined> {
    const object = await this.#client.get<Resource & KeyedFields>({
      apiVersion: 'v1',
      kind,
      namespace: this.#namespace,
      name,
    })
    if (!object) return undefined
    const encoding = kind === 'Secret' ? 'base64' : 'utf8'
    const text = Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)])
    const binary = Object.entries(object.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')])
    return { data: Object.fromEntries(text), binary: Object.fromEntries(binary) }
  }
}

type Values = Readonly<Record<string, Buffer>>

interface Content {
  readonly data: Values
  readonly binary: Values
}

interface KeyedFields {
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}
