/** What a client asks before it asks for objects: health, version, groups, kinds, schemas. */
import { openApiDocument, openApiIndex } from './kinds/openapi.ts'
import { apiVersionOf, type ServedKind } from './kinds/served-kind.ts'
import { json, type ServerRequest, type ServerResponse } from './request/server-request.ts'
import { reviewKinds } from './reviews.ts'
import type { ServerContext } from './server-context.ts'

/** Undefined for paths that belong to objects. */
export async function discover(context: ServerContext, request: ServerRequest): Promise<ServerResponse | undefined> {
  const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path
  const kinds = [...context.kinds.all(), ...reviewKinds]
  const isAggregated = /as=APIGroupDiscoveryList/.test(request.headers.accept ?? '')
  switch (path) {
    case '/healthz':
    case '/livez':
    case '/readyz':
      await context.objects.store.revision()
      return { status: 200, body: { text: 'ok', contentType: 'text/plain' } }
    case '/version':
      return json(200, version)
    case '/':
      return json(200, { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] })
    case '/api':
      return isAggregated
        ? aggregated(request, kinds.filter(isCore))
        : json(200, { kind: 'APIVersions', versions: ['v1'] })
    case '/apis':
      return isAggregated
        ? aggregated(
            request,
            kinds.filter(kind => !isCore(kind)),
          )
        : json(200, groupList(kinds))
    case '/openapi/v3':
      return json(200, openApiIndex(context.kinds))
    case '/openapi/v2':
      return emptyOpenApi(request)
  }
  const schema = /^\/openapi\/v3\/(api\/v1|apis\/[^/]+\/[^/]+)$/.exec(path)
  if (schema) {
    const document = openApiDocument(context.kinds, schema[1])
    return document && json(200, document)
  }
  const [, root, group, versionName] = /^\/(api|apis)\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  if (root === 'api' && versionName === undefined) return resourceList(kinds, '', group)
  if (root !== 'apis') return undefined
  if (versionName !== undefined) return resourceList(kinds, group, versionName)
  const found = groupsOf(kinds).find(one => one.name === group)
  return found && json(200, { kind: 'APIGroup', apiVersion: 'v1', ...found })
}

/** kubectl asks here for kinds that version 3 does not name; nobody is told less by an empty document, which is no bytes at all. */
function emptyOpenApi({ headers }: ServerRequest): ServerResponse {
  if (!(headers.accept ?? '').includes('protobuf'))
    return json(200, { swagger: '2.0', info: { title: 'Kubernetes', version: version.gitVersion }, paths: {} })
  const contentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
  return { status: 200, body: { text: '', contentType } }
}

/** The Kubernetes whose behaviour is kept to; clients compare it with their own. */
const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3+qalam',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
}

const isCore = (kind: ServedKind) => kind.group === ''
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function subresourceVerbs(subresource: ServedKind['subresources'][number]): readonly string[] {
  if (subresource === 'log') return ['get']
  return subresource === 'binding' ? ['create'] : ['get', 'patch', 'update']
}

const subresourceKind = (kind: ServedKind, subresource: ServedKind['subresources'][number]) => ({
  kind: subresource === 'binding' ? 'Binding' : kind.kind,
})

function groupsOf(kinds: readonly ServedKind[]) {
  const groups = Map.groupBy(
    kinds.filter(kind => !isCore(kind)),
    kind => kind.group,
  )
  return [...groups].map(([name, members]) => {
    const versions = [...new Set(members.map(kind => kind.version))].map(one => ({
      groupVersion: `${name}/${one}`,
      version: one,
    }))
    return { name, versions, preferredVersion: versions[0] }
  })
}

const groupList = (kinds: readonly ServedKind[]) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(kinds),
})

function resourceList(kinds: readonly ServedKind[], group: string, versionName: string): ServerResponse | undefined {
  const members = kinds.filter(kind => kind.group === group && kind.version === versionName)
  if (members.length === 0) return undefined
  const resources = members.flatMap(kind => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs ?? verbs,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    },
    ...kind.subresources.map(subresource => ({
      name: `${kind.plural}/${subresource}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...subresourceKind(kind, subresource),
      verbs: subresourceVerbs(subresource),
    })),
  ])
  return json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(members[0]), resources })
}

function aggregated(request: ServerRequest, kinds: readonly ServedKind[]): ServerResponse {
  const isBeta = !/v=v2[;,]|v=v2$/.test(request.headers.accept ?? '')
  const items = [...Map.groupBy(kinds, kind => kind.group)].map(([name, members]) => ({
    metadata: { name, creationTimestamp: null },
    versions: [...Map.groupBy(members, kind => kind.version)].map(([versionName, ofVersion]) => ({
      version: versionName,
      freshness: 'Current',
      resources: ofVersion.map(aggregatedResource),
    })),
  }))
  const apiVersion = `apidiscovery.k8s.io/${isBeta ? 'v2beta1' : 'v2'}`
  const document = { kind: 'APIGroupDiscoveryList', apiVersion, metadata: {}, items }
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${isBeta ? 'v2beta1' : 'v2'};as=APIGroupDiscoveryList`
  return { status: 200, body: { text: JSON.stringify(document), contentType } }
}

function aggregatedResource(kind: ServedKind) {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind }
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs ?? verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    ...(kind.subresources.length > 0
      ? {
          subresources: kind.subresources.map(subresource => ({
            subresource,
            responseKind: { ...responseKind, ...subresourceKind(kind, subresource) },
            verbs: subresourceVerbs(subresource),
          })),
        }
      : {}),
  }
}
