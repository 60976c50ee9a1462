/** Containers whose program only the image knows: marked in the pod, wrapped by whoever resolves the image. */
import { WRAP_ANNOTATION } from '#api'
import { isObject } from './gjson-modifiers.ts'
import type { WrapOptions } from './wrap-command.ts'

/** The primary container has no command; once its image's entrypoint is known, `wrapCommand` is to be applied. */
export interface PendingWrap extends WrapOptions {
  readonly container: string
}

export function pendingWrapAnnotation(wrap: PendingWrap): Readonly<Record<string, string>> {
  return { [WRAP_ANNOTATION]: JSON.stringify(wrap) }
}

/** Reads the mark of a pod's annotations; a mark that somebody else garbled counts as none. */
export function pendingWrap(annotations: Readonly<Record<string, string>> | null | undefined): PendingWrap | undefined {
  const text = annotations?.[WRAP_ANNOTATION]
  if (text === undefined) return undefined
  try {
    const wrap: unknown = JSON.parse(text)
    if (!isObject(wrap) || typeof wrap.container !== 'string' || typeof wrap.directory !== 'string') return undefined
    const { container, directory, stdout, earlyStopping, values } = wrap
    return {
      container,
      directory,
      ...(typeof stdout === 'string' ? { stdout } : {}),
      ...(earlyStopping === true ? { earlyStopping } : {}),
      ...(Array.isArray(values) ? { values: values.filter(value => typeof value === 'string') } : {}),
    }
  } catch {
    // The program then runs unwrapped, and the missing metrics say so.
    return undefined
  }
}
