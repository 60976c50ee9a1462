/** A Python with Katib's SDK. */
import { join } from 'node:path'
import { pythonWith } from '../virtual-environment.ts'

/** The interpreter; `undefined`, after one printed line that says why, where it cannot be had. */
export function katibPython(): Promise<string | undefined> {
  const requirements = join(import.meta.dirname, 'requirements.txt')
  return pythonWith({ name: 'katib-wire', what: "Katib's SDK", requirements })
}
