/** What one controller process judges Experiments and trials of a cluster by, at its webhooks and in its reconcilers. */
import { trialKindOf } from '#api'
import type { AdmissionKnowledge, KatibSettings, TrialGuard, TrialKind } from '#controller'
import { systemClock as clock, createClient, type Transport } from '#kube'
import { CommandError, EXIT } from '../exit.ts'
import { knowledgeWith } from '../knowledge.ts'
import type { ControllerOptions } from './controller-options.ts'
import { creatorKey } from './creator-key.ts'
import { Creators } from './creators.ts'
import { kindPlaces } from './kind-places.ts'
import { trialGuard } from './trial-guard.ts'
import type { WebhookAdmission } from './webhook.ts'

export interface ClusterAdmission {
  readonly knowledge: AdmissionKnowledge
  readonly guard: TrialGuard
  readonly policies: WebhookAdmission
}

/** Kinds that the flags name count before those of KatibConfig; without both there are Jobs. */
export function clusterAdmission(
  options: ControllerOptions,
  transport: Transport,
  settings: () => KatibSettings | undefined,
  equipment: Pick<WebhookAdmission, 'equipment'>,
): ClusterAdmission {
  const { trialResources, creators: creatorMode, leaseNamespace } = options
  const named = trialResources.length > 0 ? trialResources.map(trialKind) : undefined
  const allowedKinds = () => named ?? settings()?.allowedKinds ?? JOBS
  const places = kindPlaces(transport)
  const key = creatorKey(createClient(transport), leaseNamespace)
  const creators = new Creators({ transport, clock, places, key })
  const knowledge = knowledgeWith(allowedKinds, () => ({
    algorithms: [...(settings()?.foreignAlgorithms.keys() ?? [])],
    earlyStoppers: [...(settings()?.foreignStoppers.keys() ?? [])],
  }))
  return {
    knowledge,
    guard: trialGuard({ allowedKinds, places, ...(creatorMode === 'enforce' ? { creators } : {}) }),
    policies: { knowledge, creators, creatorMode, allowedKinds, ...equipment },
  }
}

const JOBS: readonly TrialKind[] = [{ apiVersion: 'batch/v1', kind: 'Job' }]

function trialKind(text: string): TrialKind {
  const kind = trialKindOf(text)
  if (kind.kind !== '') return kind
  throw new CommandError(
    EXIT.usage,
    `--trial-resource: expected Kind.version.group such as Job.v1.batch, got "${text}"`,
  )
}
