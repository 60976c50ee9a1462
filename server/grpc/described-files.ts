/**
 * The files of `proto/` as compiled descriptions (google.protobuf.FileDescriptorProto), as protoc writes them.
 *
 * The loader's own descriptions leave type names relative to where they stand and call map entries by the field; readers in
 * other languages refuse both, so they are set right here.
 */
import { join } from 'node:path'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'
import { load } from './wire.ts'

export interface DescribedFile {
  readonly name: string
  /** Full names of what it defines: messages, enums, services, methods. */
  readonly symbols: ReadonlySet<string>
  readonly bytes: Buffer
}

interface FileMessage {
  name: string
  readonly package: string
  readonly messageType: readonly MessageMessage[]
  readonly enumType: readonly { readonly name: string }[]
  readonly service: readonly {
    readonly name: string
    readonly method: { readonly name: string; inputType: string; outputType: string }[]
  }[]
  syntax: string
}

interface MessageMessage {
  name: string
  readonly field: { typeName?: string; readonly name: string }[]
  readonly nestedType: readonly MessageMessage[]
  readonly enumType: readonly { readonly name: string }[]
  readonly options: { readonly mapEntry?: boolean } | null
}

/** Read at the first question only. */
export function describedFiles(): readonly DescribedFile[] {
  described ??= describe()
  return described
}
let described: readonly DescribedFile[] | undefined

function describe(): DescribedFile[] {
  const loaded = Object.values(load({ keepCase: true }))
  const raw = new Map(
    loaded
      .filter(definition => 'fileDescriptorProtos' in definition)
      .flatMap(({ fileDescriptorProtos }) => fileDescriptorProtos as Buffer[])
      .map(bytes => [bytes.toString('base64'), bytes]),
  )
  const { 'qalam.descriptor.File': File } = loadSync(join(import.meta.dirname, 'proto', 'descriptor.proto'), {
    defaults: true,
    arrays: true,
  })
  // A message is the only thing that descriptor.proto calls File.
  const type = File as MessageTypeDefinition<object, object>
  return Array.from(raw.values(), bytes => {
    const file = type.deserialize(bytes) as FileMessage
    return setRight(file, described => type.serialize(described))
  })
}

function setRight(file: FileMessage, serialize: (file: object) => Buffer): DescribedFile {
  const scope = file.package
  const symbols = new Set(file.enumType.map(({ name }) => `${scope}.${name}`))
  for (const { name, message } of messagesOf(file.messageType, scope)) {
    symbols.add(name)
    for (const { name: enumName } of message.enumType) symbols.add(`${name}.${enumName}`)
  }
  for (const { name, message } of messagesOf(file.messageType, scope)) {
    for (const field of message.field) if (field.typeName) field.typeName = qualified(field.typeName, name, symbols)
  }
  for (const service of file.service) {
    symbols.add(`${scope}.${service.name}`)
    for (const method of service.method) {
      symbols.add(`${scope}.${service.name}.${method.name}`)
      method.inputType = qualified(method.inputType, scope, symbols)
      method.outputType = qualified(method.outputType, scope, symbols)
    }
  }
  file.syntax = 'proto3'
  return { name: file.name, symbols, bytes: serialize(file) }
}

/** Every message with its full name, outer ones first; map entries get the name that protoc gives them. */
function* messagesOf(
  messages: readonly MessageMessage[],
  scope: string,
): Iterable<{ readonly name: string; readonly message: MessageMessage }> {
  for (const message of messages) {
    if (message.options?.mapEntry && !message.name.endsWith('Entry')) message.name += 'Entry'
    const name = `${scope}.${message.name}`
    yield { name, message }
    yield* messagesOf(message.nestedType, name)
  }
}

/** The innermost scope that knows the name wins, as in the language itself. */
function qualified(name: string, scope: string, symbols: ReadonlySet<string>): string {
  if (name.startsWith('.')) return name
  for (let at = scope; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const found = [`${at}.${name}`, `${at}.${name}Entry`].find(candidate => symbols.has(candidate))
    if (found !== undefined) return `.${found}`
  }
  return `.${name}`
}
