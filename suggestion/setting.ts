/**
 * Algorithm settings: strings by name, parsed by one schema per algorithm that also documents them.
 *
 * A setting is an optional string that becomes a value; its default and its accepted values are kept as metadata, so the
 * list a user reads and the parser that refuses come from the same line.
 */
import { z } from 'zod'
import type { Algorithm } from './algorithm.ts'

/** What a user may know of a setting. */
export interface SettingInfo {
  readonly name: string
  /** As text; absent: unset unless given. */
  readonly default?: string
  /** `an integer >= 1`, `one of GP, RF`. */
  readonly accepts: string
  readonly about: string
  readonly required?: true
}

type About = Omit<SettingInfo, 'name'>
const infos = z.registry<About>()

interface NumberOptions {
  readonly about: string
  readonly default?: number
  readonly min?: number
  readonly max?: number
  /** The bounds themselves are refused. */
  readonly exclusive?: boolean
}

export function integerSetting(options: NumberOptions & { readonly default: number }): z.ZodType<number>
export function integerSetting(options: NumberOptions): z.ZodType<number | undefined>
export function integerSetting(options: NumberOptions): z.ZodType<number | undefined> {
  return setting(`an integer${range(options)}`, options, text => {
    return /^[+-]?\d+$/.test(text) && within(Number(text), options) ? Number(text) : undefined
  })
}

export function numberSetting(options: NumberOptions & { readonly default: number }): z.ZodType<number>
export function numberSetting(options: NumberOptions): z.ZodType<number | undefined>
export function numberSetting(options: NumberOptions): z.ZodType<number | undefined> {
  return setting(`a number${range(options)}`, options, text => {
    return text !== '' && Number.isFinite(Number(text)) && within(Number(text), options) ? Number(text) : undefined
  })
}

export function choiceSetting<const T extends string>(
  choices: readonly T[],
  options: { readonly about: string; readonly default: NoInfer<T> },
): z.ZodType<T> {
  // The default is one of the choices, so the value is never undefined.
  return setting(`one of ${choices.join(', ')}`, options, text =>
    choices.find(choice => choice === text),
  ) as z.ZodType<T>
}

/** A setting that a user must give. */
export function textSetting(options: { readonly about: string }): z.ZodType<string> {
  const schema = z.string().min(1)
  infos.add(schema, { accepts: 'text', required: true, ...options })
  return schema
}

/** Text that may be left out. */
export function optionalText(options: { readonly about: string }): z.ZodType<string | undefined> {
  return setting('text', options, text => (text === '' ? undefined : text))
}

/** A number that a user must give. */
export function requiredNumber(
  options: Omit<NumberOptions, 'default'> & { readonly integer?: boolean },
): z.ZodType<number> {
  const accepts = `${options.integer ? 'an integer' : 'a number'}${range(options)}`
  const schema = z.string().transform((text, context): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isFinite(value) && within(value, options) && (!options.integer || Number.isInteger(value))) return value
    context.addIssue({ code: 'custom', message: `expected ${accepts}, got "${text}"` })
    return z.NEVER
  })
  infos.add(schema, { accepts, about: options.about, required: true })
  return schema
}

/** Every algorithm takes Katib's name for the seed. The wrapper reads it. */
export const randomState = integerSetting({ min: 0, about: 'seed of all chance; else spec.seed, else from the uid' })

/** In the order of the schema. */
export function settingsOf(algorithm: Algorithm): readonly SettingInfo[] {
  const schema: unknown = algorithm.settings
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).map(([name, field]) => {
    const about = infos.get(field as z.ZodType)
    return { name, ...(about ?? { accepts: 'text', about: '' }) }
  })
}

function setting<T>(
  accepts: string,
  options: { readonly about: string; readonly default?: T },
  read: (text: string) => T | undefined,
): z.ZodType<T | undefined> {
  const schema = z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return options.default
      const value = read(text.trim())
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: `expected ${accepts}, got "${text}"` })
      return z.NEVER
    })
  infos.add(schema, {
    accepts,
    about: options.about,
    ...(options.default === undefined ? {} : { default: String(options.default) }),
  })
  return schema
}

function within(value: number, { min = -Infinity, max = Infinity, exclusive }: NumberOptions): boolean {
  return exclusive ? value > min && value < max : value >= min && value <= max
}

function range({ min, max, exclusive }: NumberOptions): string {
  if (min !== undefined && max !== undefined)
    return exclusive ? ` between ${min} and ${max}, both excluded` : ` from ${min} to ${max}`
  if (min !== undefined) return exclusive ? ` > ${min}` : ` >= ${min}`
  return max === undefined ? '' : exclusive ? ` < ${max}` : ` <= ${max}`
}
