/** Says on stderr, with their lines, which fields of Experiments nothing reads. */
import { unknownFields } from '#api'
import { isSaid } from '../output/api-warning.ts'
import { type Manifest, problemLines } from './manifest.ts'

export function warnOfUnknownFields(manifest: Manifest): void {
  if (manifest.resource.kind !== 'Experiment') return
  for (const problem of unknownFields(manifest.resource.spec)) {
    process.stderr.write(`warning: ${problemLines(manifest, [problem])}\n`)
    isSaid(`${problem.path}: ${problem.message}`)
  }
}
