/** Volumes as directories of this machine. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { FileToWrite } from '../starter/messages.ts'
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
  readonly files: Readonly<Record<string, FileToWrite>>
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
  const files: Record<string, FileToWrite> = {}
  for (const { name, mountPath, subPath, subPathExpr } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(candidate => candidate.name === name)
    if (!volume) throw new CannotStart('CreateContainerConfigError', `volumeMount ${name}: the pod has no such volume`)
    const root = directoryOf(pod, volume, place)
    if (volume.hostPath) checkHostPath(volume.hostPath)
    const contents = await contentsOf(pod, container, volume, place, objects)
    for (const [path, content] of Object.entries(contents)) {
      const file = below(root, path)
      directories.push(join(file, '..'))
      files[file] = content
    }
    const part = subPathExpr === undefined ? subPath : expandVariables(subPathExpr, variables)
    const to = part ? below(root, part) : root
    if (files[to] === undefined && (isMade(volume) || to !== root)) directories.push(to)
    mappings.push({ from: mountPath, to })
  }
  return { mappings, directories, files }
}

/** Paths of the host are there or not; they are not ours to make unless the manifest says so. */
function checkHostPath({ path, type = '' }: NonNullable<Volume['hostPath']>): void {
  if (type.endsWith('OrCreate') || type === '') return
  const found = statSync(path, { throwIfNoEntry: false })
  if (type === 'Directory' ? found?.isDirectory() : type !== 'File' || found?.isFile()) return
  const what = type === 'Directory' ? 'directory' : 'file'
  throw new CannotStart(
    'CreateContainerConfigError',
    `hostPath ${path}: there is no such ${what} on this machine; create it`,
  )
}

const isMade = ({ hostPath }: Volume) => hostPath === undefined || hostPath.type === 'DirectoryOrCreate'

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

async function contentsOf(
  pod: Pod,
  container: Container,
  volume: Volume,
  { machine }: VolumePlace,
  objects: KeyedObjects,
): Promise<Readonly<Record<string, FileToWrite>>> {
  const sources: readonly VolumeSources[] = volume.projected?.sources ?? [volume]
  const files: Record<string, FileToWrite> = {}
  for (const { configMap, secret, downwardAPI } of sources) {
    const secretName = secret?.secretName ?? secret?.name
    const own = volume.projected ?? configMap ?? secret ?? downwardAPI
    const add = (path: string, content: Buffer, mode = own?.defaultMode) => {
      files[path] = { content: content.toString('base64'), ...(mode === undefined ? {} : { mode }) }
    }
    if (configMap?.name) {
      const all = await objects.all('ConfigMap', configMap.name, configMap.optional)
      for (const { path, content, mode } of selected(`ConfigMap ${configMap.name}`, all, configMap))
        add(path, content, mode)
    }
    if (secretName) {
      const all = await objects.all('Secret', secretName, secret?.optional)
      for (const { path, content, mode } of selected(`Secret ${secretName}`, all, secret ?? {}))
        add(path, content, mode)
    }
    for (const { path, fieldRef, resourceFieldRef, mode } of downwardAPI?.items ?? []) {
      const text = fieldRef
        ? podField(pod, fieldRef.fieldPath)
        : resourceFieldRef
          ? resourceField(pod, container, resourceFieldRef, machine)
          : ''
      add(path, Buffer.from(text), mode)
    }
  }
  return files
}

/** All keys, or the items that are named; one that is missing is an error unless the source is optional. */
function selected(
  name: string,
  all: Readonly<Record<string, Buffer>>,
  { items, optional }: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
): readonly { path: string; content: Buffer; mode?: number }[] {
  const wanted: readonly KeyToPath[] = items ?? Object.keys(all).map(key => ({ key, path: key }))
  const missing = wanted.find(({ key }) => all[key] === undefined)
  if (missing && !optional)
    throw new CannotStart('CreateContainerConfigError', `${name} has no key ${missing.key}; add it, or change items`)
  return wanted
    .filter(({ key }) => all[key] !== undefined)
    .map(({ key, path, mode }) => ({ path, content: all[key], ...(mode === undefined ? {} : { mode }) }))
}
