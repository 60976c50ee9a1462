/** Volumes as directories of this machine. */
import { join } from 'node:path'
import { CannotStart } from './cannot-start.ts'
import { podField, resourceField } from './downward.ts'
import type { KeyedObjects } from './keyed-objects.ts'
import type { Mapping } from './path-mapping.ts'
import type { Container, KeyToPath, Pod, Volume, VolumeSources } from './pod-types.ts'
import { expandVariables } from './variables.ts'

export interface Mounts {
  readonly mappings: readonly Mapping[]
  /** To be made. */
  readonly directories: readonly string[]
  /** To be written, by path. */
  readonly files: Readonly<Record<string, string>>
}

export interface VolumePlace {
  /** The pod's own directory. */
  readonly podDirectory: string
  /** Directory that stands for all persistent volume claims. */
  readonly claims: string
  readonly machine: { readonly cpus: number }
}

/** What a container mounts: claims are shared by name, host paths are themselves, everything else is the pod's own. */
export async function mountVolumes(
  pod: Pod,
  container: Container,
  place: VolumePlace,
  objects: KeyedObjects,
  variables: Readonly<Record<string, string>>,
): Promise<Mounts> {
  const mappings: Mapping[] = []
  const directories: string[] = []
  const files: Record<string, string> = {}
  for (const { name, mountPath, subPath, subPathExpr } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(candidate => candidate.name === name)
    if (!volume) throw new CannotStart('CreateContainerConfigError', `volumeMount ${name}: the pod has no such volume`)
    const root = directoryOf(pod, volume, place)
    const content = await contentOf(pod, container, volume, place, objects)
    for (const [path, text] of Object.entries(content)) {
      const file = below(root, path)
      directories.push(join(file, '..'))
      files[file] = text
    }
    const part = subPathExpr === undefined ? subPath : expandVariables(subPathExpr, variables)
    const to = part ? below(root, part) : root
    if (files[to] === undefined) directories.push(to)
    mappings.push({ from: mountPath, to })
  }
  return { mappings, directories: volumeIsHost(pod, container, directories), files }
}

/** Directories of the host are there or not; they are not ours to make. */
function volumeIsHost(pod: Pod, container: Container, directories: readonly string[]): readonly string[] {
  const hostPaths = (container.volumeMounts ?? []).flatMap(({ name }) => {
    const path = pod.spec.volumes?.find(volume => volume.name === name)?.hostPath?.path
    return path === undefined ? [] : [path]
  })
  return directories.filter(directory => !hostPaths.includes(directory))
}

function directoryOf(pod: Pod, volume: Volume, { podDirectory, claims }: VolumePlace): string {
  if (volume.hostPath) return volume.hostPath.path
  if (volume.persistentVolumeClaim)
    return join(claims, pod.metadata.namespace ?? '', volume.persistentVolumeClaim.claimName)
  return join(podDirectory, 'volumes', volume.name)
}

/** Refuses paths that climb out. */
function below(root: string, path: string): string {
  const whole = join(root, path)
  if (whole === root || whole.startsWith(`${root}/`)) return whole
  throw new CannotStart('CreateContainerConfigError', `path ${path} leaves its volume; expected a path without ..`)
}

async function contentOf(
  pod: Pod,
  container: Container,
  volume: Volume,
  { machine }: VolumePlace,
  objects: KeyedObjects,
): Promise<Readonly<Record<string, string>>> {
  const sources: readonly VolumeSources[] = volume.projected?.sources ?? [volume]
  const files: Record<string, string> = {}
  for (const { configMap, secret, downwardAPI } of sources) {
    const secretName = secret?.secretName ?? secret?.name
    if (configMap?.name) {
      const all = await objects.all('ConfigMap', configMap.name, configMap.optional)
      Object.assign(files, selected(all, configMap.items))
    }
    if (secretName)
      Object.assign(files, selected(await objects.all('Secret', secretName, secret?.optional), secret?.items))
    for (const { path, fieldRef, resourceFieldRef } of downwardAPI?.items ?? [])
      files[path] = fieldRef
        ? podField(pod, fieldRef.fieldPath)
        : resourceFieldRef
          ? resourceField(pod, container, resourceFieldRef, machine)
          : ''
  }
  return files
}

function selected(all: Readonly<Record<string, Buffer>>, items: readonly KeyToPath[] | undefined) {
  const wanted = items ?? Object.keys(all).map(key => ({ key, path: key }))
  return Object.fromEntries(
    wanted.filter(({ key }) => all[key] !== undefined).map(({ key, path }) => [path, all[key].toString('utf8')]),
  )
}
