/**
 * What a Kubernetes API owes its clients, as one list: run against the embedded server always, and against a real
 * kube-apiserver when one is at hand. A difference that is meant is waived by the behaviour's name, with its reason.
 */
import type { Behaviour } from './kubernetes-api/behaviour.ts'
import { builtInKinds } from './kubernetes-api/built-in-kinds.ts'
import { definitions } from './kubernetes-api/definitions.ts'
import { deleting } from './kubernetes-api/deleting.ts'
import { patching } from './kubernetes-api/patching.ts'
import { reading } from './kubernetes-api/reading.ts'
import { writing } from './kubernetes-api/writing.ts'

export const behaviours: readonly Behaviour[] = [
  ...writing,
  ...patching,
  ...reading,
  ...deleting,
  ...builtInKinds,
  ...definitions,
]
