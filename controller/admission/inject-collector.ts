/** The collector beside a trial's program: container, volume, labels, environment and the shell line around it. */
import { COLLECTOR_IMAGE, EXPERIMENT_LABEL, type Resource, TRIAL_LABEL, TRIAL_UID_ANNOTATION, type Trial } from '#api'
import { kindOf, pendingWrapAnnotation, type WrapOptions, wrapCommand } from '#kinds'
import { type CollectorPlace, collectorPlace } from './collector-arguments.ts'
import {
  type Container,
  changeAt,
  changePrimary,
  isPrimaryPod,
  type PodSpec,
  type PodTemplate,
  primaryContainer,
  withMount,
} from './pod-template.ts'
import { trialEnvironment } from './trial-environment.ts'

/**
 * The job as it is created: `job` with the trial's labels, and in every pod template the trial's name and environment in
 * the primary container; in primary ones also the collector. Pure, and applied once, to the rendered run spec.
 *
 * The collector is a native sidecar (an init container that restarts), last of the init containers. A custom collector
 * is the user's container with the trial's environment, among the ordinary ones: it was written to end by itself. A pod without the
 * primary container gets labels only. The process namespace is shared for custom collectors, and where ours stops a program in place; else it looks at
 * files alone.
 * A primary container without a command cannot be wrapped here: the pod is marked, and whoever resolves the image wraps
 * it (`pendingWrap` in kinds). Kinds whose pods are not known come back with labels and annotation only.
 * `algorithmName` is part of the address that collectors of Katib's protocol are told with a stopping rule.
 */
export function injectCollector(job: Resource, trial: Trial, algorithmName = ''): Resource {
  const collector = collectorPlace(trial, algorithmName)
  return kindOf(job)
    .podTemplates(job)
    .reduce(
      (current, { path, primary }) => {
        const change = (template: unknown) => injectPod(template as PodTemplate, trial, primary ? collector : undefined)
        // A change below `path` leaves an object an object.
        return changeAt(current, path, change) as Resource
      },
      markJob(job, trial),
    )
}

/** Informers select jobs by the experiment's label; a Job of an older trial of the same name is told by the UID. */
function markJob(job: Resource, trial: Trial): Resource {
  const experiment = trial.metadata.labels?.[EXPERIMENT_LABEL]
  const labels = {
    ...job.metadata.labels,
    ...(experiment === undefined ? {} : { [EXPERIMENT_LABEL]: experiment }),
    [TRIAL_LABEL]: trial.metadata.name,
  }
  return { ...job, metadata: { ...job.metadata, labels, annotations: withUid(job.metadata.annotations, trial) } }
}

function withUid(annotations: Readonly<Record<string, string>> | null | undefined, trial: Trial) {
  const { uid } = trial.metadata
  return { ...annotations, ...(uid === undefined ? {} : { [TRIAL_UID_ANNOTATION]: uid }) }
}

function injectPod(template: PodTemplate, trial: Trial, collector: CollectorPlace | undefined): PodTemplate {
  const labels = { ...template.metadata?.labels, ...trial.metadata.labels, [TRIAL_LABEL]: trial.metadata.name }
  const metadata = { ...template.metadata, labels, annotations: withUid(template.metadata?.annotations, trial) }
  const spec = changePrimary(template.spec ?? {}, trial, container => ({
    ...container,
    env: [...(container.env ?? []), ...trialEnvironment(trial, container.env ?? [])],
  }))
  const injected = { ...template, metadata, spec }
  return collector && isPrimaryPod(template, trial) ? withCollector(injected, trial, collector) : injected
}

function withCollector(template: PodTemplate, trial: Trial, collector: CollectorPlace): PodTemplate {
  const { spec = {} } = template
  if (!primaryContainer(spec, trial)) return template
  const withSidecar = addSidecar(spec, trial, collector)
  const { mount, directory } = collector
  if (mount === undefined || directory === undefined) return { ...template, spec: withSidecar }
  const volumes = [...(spec.volumes ?? []), { name: mount.name, emptyDir: {} }]
  const mounted = changePrimary({ ...withSidecar, volumes }, trial, container => withMount(container, mount))
  const injected = { ...template, spec: mounted }
  return collector.wraps ? wrapPrimary(injected, trial, wrapOptions(collector, directory, trial)) : injected
}

function addSidecar(spec: PodSpec, trial: Trial, place: CollectorPlace): PodSpec {
  if (place.isCustom) {
    const custom = trial.spec.metricsCollector?.collector?.customCollector as Container | undefined
    if (!custom) return spec
    const identified = { ...custom, env: [...(custom.env ?? []), ...trialEnvironment(trial, custom.env ?? [])] }
    const container = place.mount ? withMount(identified, place.mount) : identified
    return { ...spec, shareProcessNamespace: true, containers: [...(spec.containers ?? []), container] }
  }
  const collector: Container = {
    name: place.containerName,
    image: COLLECTOR_IMAGE,
    restartPolicy: 'Always',
    args: place.args,
    ...(place.mount ? { volumeMounts: [place.mount] } : {}),
  }
  const initContainers = [...(spec.initContainers ?? []), collector]
  // A run that is kept is stopped in place, which takes seeing its processes.
  const stopsInPlace = trial.spec.retainRun === true && (trial.spec.earlyStoppingRules?.length ?? 0) > 0
  return { ...spec, initContainers, ...(stopsInPlace ? { shareProcessNamespace: true } : {}) }
}

function wrapOptions(place: CollectorPlace, directory: string, trial: Trial): WrapOptions {
  return {
    directory,
    ...(place.stdout === undefined ? {} : { stdout: place.stdout }),
    ...(trial.spec.earlyStoppingRules === undefined ? {} : { earlyStopping: true }),
    values: trial.spec.parameterAssignments?.map(({ value }) => value) ?? [],
  }
}

function wrapPrimary(template: PodTemplate, trial: Trial, options: WrapOptions): PodTemplate {
  const { spec = {} } = template
  const primary = primaryContainer(spec, trial)
  if (!primary?.command?.length) {
    const mark = pendingWrapAnnotation({ container: trial.spec.primaryContainerName ?? '', ...options })
    return {
      ...template,
      metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, ...mark } },
    }
  }
  const wrapped = wrapCommand([...primary.command, ...(primary.args ?? [])], options)
  return { ...template, spec: changePrimary(spec, trial, container => ({ ...container, ...wrapped })) }
}
