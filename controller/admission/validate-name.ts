/** The Experiment's name: prefix of its trials' names, so shorter than Kubernetes asks. */
import { type Experiment, type SpecProblem, shown } from '#api'
import { invalid } from './problem.ts'

const MAX_NAME_LENGTH = 40
/** What the server puts behind `generateName`, by its form. */
const GENERATED = 'xxxxx'

export function validateName(experiment: Experiment): readonly SpecProblem[] {
  const { metadata } = experiment
  const name = metadata.name === '' && metadata.generateName ? `${metadata.generateName}${GENERATED}` : metadata.name
  if (name.length > MAX_NAME_LENGTH) {
    return [
      invalid(
        'metadata.name',
        `expected at most ${MAX_NAME_LENGTH} characters, got ${name.length}; trials add a suffix, shorten the name`,
      ),
    ]
  }
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) return []
  return [
    invalid(
      'metadata.name',
      `expected small letters, digits and "-", first a letter and last no "-", got ${shown(name)}; rename it`,
    ),
  ]
}
