/** A trial template as a tree: the inline object, or the YAML of a ConfigMap. */
import { isMap, isScalar, parseDocument, visit } from 'yaml'
import type { TrialTemplate } from '#api'
import { solePlaceholder, TypedPlaceholder } from './placeholders.ts'

export type TemplateTree = Readonly<Record<string, unknown>>

/** Largest template: with its assignments a Trial stays below 256 KiB. */
export const MAX_TEMPLATE_BYTES = 192 * 1024

/** Deepest nesting of a template, in flow brackets; parsing cost grows with it. */
const MAX_DEPTH = 64

/**
 * The tree of a template; of a ConfigMap template `configMapText` is the text under its `templatePath`. Numbers stay
 * digit by digit. Throws Error with one sentence where the text is no object; the sentence never quotes the text.
 */
export function readTemplate(template: TrialTemplate, configMapText?: string): TemplateTree {
  if (template.trialSpec !== undefined) return template.trialSpec
  if (configMapText === undefined) throw new Error('the ConfigMap of the trial template has not been read')
  if (Buffer.byteLength(configMapText) > MAX_TEMPLATE_BYTES) throw new Error('the template is larger than 192 KiB')
  if (flowDepth(configMapText) > MAX_DEPTH) throw new Error(`the template nests deeper than ${MAX_DEPTH} levels`)
  return parseYaml(configMapText)
}

function parseYaml(text: string): TemplateTree {
  const document = parseDocument(text, { intAsBigInt: true, merge: true, prettyErrors: false })
  const [error] = document.errors
  if (error) throw new Error(`the template is no YAML: ${error.code} at character ${error.pos[0]}`)
  if (!isMap(document.contents)) throw new Error('the template is no object')
  visit(document, {
    Pair: (_, pair) => {
      if (isScalar(pair.key) && pair.key.value === '__proto__') throw new Error('the key "__proto__" is not allowed')
    },
    Scalar: (key, scalar) => {
      const name = scalar.type === 'PLAIN' && key !== 'key' ? solePlaceholder(String(scalar.value)) : undefined
      if (name !== undefined) scalar.value = new TypedPlaceholder(name)
      else if (typeof scalar.value === 'bigint') scalar.value = exactInteger(scalar.value)
    },
  })
  return document.toJS({ maxAliasCount: 100 }) as TemplateTree
}

/** An integer that a double cannot hold is kept as text and printed unchanged. */
function exactInteger(value: bigint): unknown {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(String(value))
}

/** The value of a typed placeholder: text, number, true, false or null, as YAML 1.2 reads it; anything else is text. */
export function yamlScalar(text: string): unknown {
  const trimmed = text.trim()
  const { contents, errors } = parseDocument(trimmed, { intAsBigInt: true, prettyErrors: false })
  const isPlain = errors.length === 0 && isScalar(contents) && contents.type === 'PLAIN'
  // The scalar must be all there is: no anchor, tag or comment.
  if (!isPlain || contents.range?.[0] !== 0 || contents.range[1] !== trimmed.length || trimmed === '') return text
  return typeof contents.value === 'bigint' ? exactInteger(contents.value) : contents.value
}

function flowDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
  }
  return deepest
}
