/** A container of a manifest as a program of this machine: command line, environment, directories. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pendingWrap, wrapCommand } from '#kinds'
import { parseQuantity, type ReadingClient } from '#kube'
import type { FileToWrite } from '../starter/messages.ts'
import { CannotStart } from './cannot-start.ts'
import { type Commands, neededCommands } from './commands.ts'
import { manifestVariables, type Variables } from './environment.ts'
import { KeyedObjects } from './keyed-objects.ts'
import type { LocalImage, LocalImages } from './local-images.ts'
import { type Mapping, mapPaths, sortMappings } from './path-mapping.ts'
import type { Container, Pod } from './pod-types.ts'
import type { Machine } from './slots.ts'
import { expandVariables } from './variables.ts'
import { mountVolumes } from './volumes.ts'

/** What is the same for every container of this runner. */
export interface Place {
  readonly client: ReadingClient
  readonly dataDir: string
  readonly images: LocalImages
  readonly machine: Machine
  readonly commands: Commands
  /** What every program may see of the server's environment, PATH included. */
  readonly passedOn: Variables
  /** Variables that every program gets; the manifest's win. */
  readonly extra: Variables
}

export interface ResolvedContainer {
  /** Empty for a built-in image. */
  readonly argv: readonly string[]
  readonly args: readonly string[]
  readonly env: Variables
  readonly workingDirectory: string
  readonly mappings: readonly Mapping[]
  readonly directories: readonly string[]
  readonly files: Readonly<Record<string, FileToWrite>>
  readonly messageFile: string
  /** `path -> path` for everything that was replaced in the command line and the variables. */
  readonly mapped: readonly string[]
}

/** A container's own directory: claims, logs, working directory and TMPDIR. */
export function containerDirectory(podDirectory: string, container: string): string {
  return join(podDirectory, container)
}

/** Throws `CannotStart` with what to do when the program is not to be had here. */
export async function resolveContainer(
  pod: Pod,
  container: Container,
  podDirectory: string,
  gpus: readonly string[],
  isBuiltIn: boolean,
  place: Place,
): Promise<ResolvedContainer> {
  const objects = new KeyedObjects(place.client, pod.metadata.namespace ?? '')
  const image = isBuiltIn ? undefined : place.images.find(container.image ?? '')
  const manifest = await manifestVariables(pod, container, objects, place.machine)
  const volumePlace = { podDirectory, claims: join(place.dataDir, 'volumes'), machine: place.machine }
  const mounts = await mountVolumes(pod, container, volumePlace, objects, manifest)
  const own = containerDirectory(podDirectory, container.name)
  const mappings = sortMappings(mounts.mappings)
  const mapped = new Set<string>()
  const here = recording(mappings, image, mapped)
  const expanded = (words: readonly string[]) => words.map(word => here(expandVariables(word, manifest)))
  // What runs inside our process has no files but its log and what it remembers.
  const [work, scratch] = isBuiltIn ? [own, own] : [join(own, 'work'), join(own, 'tmp')]
  const workingDirectory = directoryFor(container, image, mappings) ?? work
  const imageEnv = mapValues(image?.config.env ?? {}, here)
  const { PATH: imagePath = '', ...imageVariables } = imageEnv
  const env = {
    ...place.passedOn,
    ...imageVariables,
    PYTHONUNBUFFERED: '1',
    ...threads(container),
    ...place.extra,
    PATH: [...ownPaths(imagePath, image), place.passedOn.PATH ?? ''].join(delimiter),
    ...mapValues(manifest, here),
    ...(gpus.length > 0 ? { CUDA_VISIBLE_DEVICES: gpus.join(',') } : {}),
    TMPDIR: scratch,
    QALAM_TRIAL_DIR: work,
  }
  const argv = isBuiltIn ? [] : expanded(commandLine(pod, container, image))
  // A script that a volume brings is written only when the program starts.
  const needed = isBuiltIn ? [] : neededCommands(argv).filter(command => mounts.files[command] === undefined)
  checkCommands(needed, env.PATH, workingDirectory, container, image, place.commands)
  return {
    argv,
    args: (container.args ?? []).map(word => expandVariables(word, manifest)),
    env,
    workingDirectory,
    mappings,
    directories: [...new Set([work, scratch, ...mounts.directories])],
    files: mounts.files,
    messageFile: join(own, 'termination-message'),
    mapped: [...mapped],
  }
}

function recording(mappings: readonly Mapping[], image: LocalImage | undefined, mapped: Set<string>) {
  const located = (path: string) => {
    const found = image?.locate(path)
    if (found !== undefined) mapped.add(`${path} -> ${found}`)
    return found
  }
  const noted = mappings.map(({ from, to }) => ({
    from,
    get to() {
      mapped.add(`${from} -> ${to}`)
      return to
    },
  }))
  return (text: string) => mapPaths(text, noted, located)
}

function mapValues(variables: Variables, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, change(value)]))
}

/** Directories of the image's PATH that its folder has. */
function ownPaths(path: string, image: LocalImage | undefined): readonly string[] {
  return path.split(delimiter).filter(directory => image && directory.startsWith(`${image.folder}/`))
}

function threads({ resources }: Container): Variables {
  const cpus = resources?.requests?.cpu ?? resources?.limits?.cpu
  return cpus === undefined ? {} : { OMP_NUM_THREADS: String(Math.max(1, Math.floor(parseQuantity(cpus)))) }
}

/** As it stands in the manifest or the image; arguments of the image go with the command of the image only. */
function commandLine(pod: Pod, container: Container, image: LocalImage | undefined): readonly string[] {
  if (container.command?.length) return [...container.command, ...(container.args ?? [])]
  const entrypoint = image?.config.entrypoint ?? []
  const argv = [...entrypoint, ...(container.args?.length ? container.args : (image?.config.command ?? []))]
  if (entrypoint.length === 0 && (image?.config.command ?? []).length === 0)
    throw new CannotStart(
      'ErrImageNeverPull',
      `container ${container.name} has no command and image ${container.image} is not known here; write a command, or ` +
        `give the image a folder with --image ${bareName(container.image)}=DIR`,
    )
  const wrap = pendingWrap(pod.metadata.annotations)
  if (wrap?.container !== container.name) return argv
  const { command, args } = wrapCommand(argv, wrap)
  return [...command, ...args]
}

function checkCommands(
  needed: readonly string[],
  path: string,
  workingDirectory: string,
  container: Container,
  image: LocalImage | undefined,
  commands: Commands,
): void {
  for (const command of needed) {
    if (commands.locate(command, path, workingDirectory) !== undefined) continue
    const remedy = image
      ? `put it into the image's folder ${image.folder}`
      : `give image ${container.image} a folder with --image ${bareName(container.image)}=DIR`
    const where = command.includes('/') ? 'does not exist on this machine' : 'is not on PATH'
    throw new CannotStart(
      'ErrImageNeverPull',
      `command ${command} of container ${container.name} ${where}; install it, or ${remedy}`,
    )
  }
}

function bareName(image = 'NAME'): string {
  return image.replace(/@.*$/, '').replace(/:[\w.-]+$/, '')
}

/** The manifest's directory where it exists here, else the image's; absent: the container's own. */
function directoryFor(
  { workingDir }: Container,
  image: LocalImage | undefined,
  mappings: readonly Mapping[],
): string | undefined {
  const candidates = [workingDir, image?.config.workingDirectory].filter(path => path !== undefined)
  for (const path of candidates) {
    const isMounted = mappings.some(({ from }) => path === from || path.startsWith(`${from}/`))
    const found = isMounted ? mapPaths(path, mappings) : (image?.locate(path) ?? (existsSync(path) ? path : undefined))
    if (found !== undefined) return found
  }
  return undefined
}
