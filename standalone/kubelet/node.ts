/** The machine as a Node object, so that `kubectl get nodes` has an answer. */
import { readFileSync } from 'node:fs'
import { hostname, release, totalmem, type } from 'node:os'
import { ApiError, type Resource, rfc3339 } from '#api'
import type { Clock, WritingClient } from '#kube'
import type { Machine } from './slots.ts'

/** Written once at the start. There are no heartbeats: whoever can ask finds the machine alive. */
export async function publishNode(
  client: WritingClient,
  name: string,
  { slots, clock, log }: { readonly slots: Machine; readonly clock: Clock; log(line: string): void },
  signal: AbortSignal,
): Promise<void> {
  const node: Resource = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': process.platform } },
    spec: {},
  }
  const gpus = slots.gpus?.length ?? 0
  const capacity = {
    cpu: String(slots.cpus),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '10000',
    ...(gpus > 0 ? { 'nvidia.com/gpu': String(gpus) } : {}),
  }
  const now = rfc3339(clock.now())
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'the runner takes pods',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  const addresses = [
    { type: 'InternalIP', address: '127.0.0.1' },
    { type: 'Hostname', address: hostname() },
  ]
  const status = { addresses, capacity, allocatable: capacity, conditions: [ready], nodeInfo: nodeInfo() }
  try {
    await client.create(node, {}, signal).catch(ignoreExisting)
    await client.patch({ apiVersion: 'v1', kind: 'Node', name }, { status }, 'status', signal)
  } catch (error) {
    if (!signal.aborted) log(`node ${name} is not published: ${(error as Error).message}`)
  }
}

function nodeInfo() {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch
  return {
    architecture,
    operatingSystem: process.platform,
    osImage: osName(),
    kernelVersion: release(),
    kubeletVersion: 'qalam',
    containerRuntimeVersion: 'process',
  }
}

/** As the system calls itself. */
function osName(): string {
  try {
    const [, name] = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
    return name ?? type()
  } catch {
    // Only Linux has the file.
    return type()
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 409)) throw error
}
