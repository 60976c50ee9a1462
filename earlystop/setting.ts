/** Settings of rules: strings by name, as Katib writes them, to numbers with one sentence where they are none. */
import { z } from 'zod'

/** An integer of at least `min`; absent: `byDefault`. */
export function integerSetting(byDefault: number, min: number): z.ZodType<number> {
  return numberText(byDefault, `an integer >= ${min}`, value => Number.isInteger(value) && value >= min)
}

/** A number within the open or closed bounds that `accepts` describes. */
export function numberText(byDefault: number, accepts: string, holds: (value: number) => boolean): z.ZodType<number> {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return byDefault
      const value = text.trim() === '' ? Number.NaN : Number(text)
      if (!Number.isNaN(value) && holds(value)) return value
      context.addIssue({ code: 'custom', message: `expected ${accepts}, got "${text}"` })
      return z.NEVER
    })
}

/** One of `values`; the first by default. */
export function choice<const T extends string>(values: readonly [T, ...T[]]): z.ZodType<T> {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      const found = text === undefined ? values[0] : values.find(value => value === text)
      if (found !== undefined) return found
      context.addIssue({ code: 'custom', message: `expected ${values.join(' or ')}, got "${text}"` })
      return z.NEVER
    })
}
