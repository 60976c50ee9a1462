/** What the values of options may be; a wrong one is a usage error. */
import { CommandError, EXIT } from './exit.ts'

export const collect = (value: string, all: readonly string[]) => [...all, value]

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new CommandError(EXIT.usage, `expected a number, got "${text}"`)
  return value
}
export function integer(text: string): number {
  const value = number(text)
  if (!Number.isSafeInteger(value)) throw new CommandError(EXIT.usage, `expected a whole number, got "${text}"`)
  return value
}
export function count(text: string): number {
  const value = integer(text)
  if (value < 0) throw new CommandError(EXIT.usage, `expected 0 or more, got "${text}"`)
  return value
}

export function port(text: string): number {
  const value = count(text)
  if (value > 65_535) throw new CommandError(EXIT.usage, `expected a port from 0 to 65535, got "${text}"`)
  return value
}
