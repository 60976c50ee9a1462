/** The fields of a batch/v1 Job and its pod template: those of the OpenAPI of Kubernetes 1.36, and workloadRef of 1.35. */
import type { Fields, FieldType } from './strict-fields.ts'

const texts: FieldType = ['string']
const textMap: FieldType = { mapOf: 'string' }
const quantities: FieldType = { mapOf: 'quantity' }

const expression: FieldType = { key: 'string', operator: 'string', values: texts }
const labelSelector: FieldType = { matchLabels: textMap, matchExpressions: [expression] }
const localReference: FieldType = { name: 'string' }
const keyReference: FieldType = { name: 'string', key: 'string', optional: 'boolean' }
const fieldReference: FieldType = { apiVersion: 'string', fieldPath: 'string' }
const resourceFieldReference: FieldType = { containerName: 'string', resource: 'string', divisor: 'quantity' }
const keyToPath: FieldType = { key: 'string', path: 'string', mode: 'integer' }

/** Metadata is written by servers, too: managed fields are not looked into. */
const metadata: Fields = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  selfLink: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'integer',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'integer',
  labels: textMap,
  annotations: textMap,
  ownerReferences: ['any'],
  finalizers: texts,
  managedFields: ['any'],
}

const httpHeader: FieldType = { name: 'string', value: 'string' }
const httpGet: FieldType = {
  path: 'string',
  port: 'integer or string',
  host: 'string',
  scheme: 'string',
  httpHeaders: [httpHeader],
}
const tcpSocket: FieldType = { port: 'integer or string', host: 'string' }
const execAction: FieldType = { command: texts }
const probe: FieldType = {
  exec: execAction,
  httpGet,
  tcpSocket,
  grpc: { port: 'integer', service: 'string' },
  initialDelaySeconds: 'integer',
  timeoutSeconds: 'integer',
  periodSeconds: 'integer',
  successThreshold: 'integer',
  failureThreshold: 'integer',
  terminationGracePeriodSeconds: 'integer',
}
const lifecycleHandler: FieldType = { exec: execAction, httpGet, tcpSocket, sleep: { seconds: 'integer' } }

const seLinuxOptions: FieldType = { user: 'string', role: 'string', type: 'string', level: 'string' }
const profile: FieldType = { type: 'string', localhostProfile: 'string' }
const windowsOptions: FieldType = {
  gmsaCredentialSpecName: 'string',
  gmsaCredentialSpec: 'string',
  runAsUserName: 'string',
  hostProcess: 'boolean',
}
const securityContext: FieldType = {
  capabilities: { add: texts, drop: texts },
  privileged: 'boolean',
  seLinuxOptions,
  windowsOptions,
  runAsUser: 'integer',
  runAsGroup: 'integer',
  runAsNonRoot: 'boolean',
  readOnlyRootFilesystem: 'boolean',
  allowPrivilegeEscalation: 'boolean',
  procMount: 'string',
  seccompProfile: profile,
  appArmorProfile: profile,
}

const env: FieldType = {
  name: 'string',
  value: 'string',
  valueFrom: {
    fieldRef: fieldReference,
    resourceFieldRef: resourceFieldReference,
    configMapKeyRef: keyReference,
    secretKeyRef: keyReference,
    fileKeyRef: { volumeName: 'string', path: 'string', key: 'string', optional: 'boolean' },
  },
}
const envSource: FieldType = { name: 'string', optional: 'boolean' }

const resources: FieldType = {
  limits: quantities,
  requests: quantities,
  claims: [{ name: 'string', request: 'string' }],
}

const container: Fields = {
  name: 'string',
  image: 'string',
  command: texts,
  args: texts,
  workingDir: 'string',
  ports: [{ name: 'string', hostPort: 'integer', containerPort: 'integer', protocol: 'string', hostIP: 'string' }],
  envFrom: [{ prefix: 'string', configMapRef: envSource, secretRef: envSource }],
  env: [env],
  resources,
  resizePolicy: [{ resourceName: 'string', restartPolicy: 'string' }],
  restartPolicy: 'string',
  restartPolicyRules: ['any'],
  volumeMounts: [
    {
      name: 'string',
      readOnly: 'boolean',
      recursiveReadOnly: 'string',
      mountPath: 'string',
      subPath: 'string',
      mountPropagation: 'string',
      subPathExpr: 'string',
    },
  ],
  volumeDevices: [{ name: 'string', devicePath: 'string' }],
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: { postStart: lifecycleHandler, preStop: lifecycleHandler, stopSignal: 'string' },
  terminationMessagePath: 'string',
  terminationMessagePolicy: 'string',
  imagePullPolicy: 'string',
  securityContext,
  stdin: 'boolean',
  stdinOnce: 'boolean',
  tty: 'boolean',
}

const downwardFile: FieldType = {
  path: 'string',
  fieldRef: fieldReference,
  resourceFieldRef: resourceFieldReference,
  mode: 'integer',
}
const projection: FieldType = {
  secret: { name: 'string', items: [keyToPath], optional: 'boolean' },
  configMap: { name: 'string', items: [keyToPath], optional: 'boolean' },
  downwardAPI: { items: [downwardFile] },
  serviceAccountToken: { audience: 'string', expirationSeconds: 'integer', path: 'string' },
  clusterTrustBundle: 'any',
  podCertificate: 'any',
}
/** Volumes of cloud providers are known by name only. */
const volume: Fields = {
  name: 'string',
  emptyDir: { medium: 'string', sizeLimit: 'quantity' },
  hostPath: { path: 'string', type: 'string' },
  configMap: { name: 'string', items: [keyToPath], defaultMode: 'integer', optional: 'boolean' },
  secret: { secretName: 'string', items: [keyToPath], defaultMode: 'integer', optional: 'boolean' },
  persistentVolumeClaim: { claimName: 'string', readOnly: 'boolean' },
  downwardAPI: { items: [downwardFile], defaultMode: 'integer' },
  projected: { sources: [projection], defaultMode: 'integer' },
  nfs: { server: 'string', path: 'string', readOnly: 'boolean' },
  ephemeral: { volumeClaimTemplate: 'any' },
  image: { reference: 'string', pullPolicy: 'string' },
  csi: {
    driver: 'string',
    readOnly: 'boolean',
    fsType: 'string',
    volumeAttributes: textMap,
    nodePublishSecretRef: localReference,
  },
  awsElasticBlockStore: 'any',
  azureDisk: 'any',
  azureFile: 'any',
  cephfs: 'any',
  cinder: 'any',
  fc: 'any',
  flexVolume: 'any',
  flocker: 'any',
  gcePersistentDisk: 'any',
  gitRepo: 'any',
  glusterfs: 'any',
  iscsi: 'any',
  photonPersistentDisk: 'any',
  portworxVolume: 'any',
  quobyte: 'any',
  rbd: 'any',
  scaleIO: 'any',
  storageos: 'any',
  vsphereVolume: 'any',
}

const podTerm: FieldType = {
  labelSelector,
  namespaceSelector: labelSelector,
  namespaces: texts,
  topologyKey: 'string',
  matchLabelKeys: texts,
  mismatchLabelKeys: texts,
}
const podAffinity: FieldType = {
  requiredDuringSchedulingIgnoredDuringExecution: [podTerm],
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 'integer', podAffinityTerm: podTerm }],
}
const nodeTerm: FieldType = { matchExpressions: [expression], matchFields: [expression] }
const affinity: FieldType = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 'integer', preference: nodeTerm }],
  },
  podAffinity,
  podAntiAffinity: podAffinity,
}

const podSpec: Fields = {
  volumes: [volume],
  initContainers: [container],
  containers: [container],
  ephemeralContainers: ['any'],
  restartPolicy: 'string',
  terminationGracePeriodSeconds: 'integer',
  activeDeadlineSeconds: 'integer',
  dnsPolicy: 'string',
  nodeSelector: textMap,
  serviceAccountName: 'string',
  serviceAccount: 'string',
  automountServiceAccountToken: 'boolean',
  nodeName: 'string',
  hostNetwork: 'boolean',
  hostPID: 'boolean',
  hostIPC: 'boolean',
  shareProcessNamespace: 'boolean',
  securityContext: {
    seLinuxOptions,
    windowsOptions,
    runAsUser: 'integer',
    runAsGroup: 'integer',
    runAsNonRoot: 'boolean',
    supplementalGroups: ['integer'],
    supplementalGroupsPolicy: 'string',
    fsGroup: 'integer',
    fsGroupChangePolicy: 'string',
    sysctls: [httpHeader],
    seccompProfile: profile,
    appArmorProfile: profile,
    seLinuxChangePolicy: 'string',
  },
  imagePullSecrets: [localReference],
  hostname: 'string',
  hostnameOverride: 'string',
  subdomain: 'string',
  affinity,
  schedulerName: 'string',
  tolerations: [{ key: 'string', operator: 'string', value: 'string', effect: 'string', tolerationSeconds: 'integer' }],
  hostAliases: [{ ip: 'string', hostnames: texts }],
  priorityClassName: 'string',
  priority: 'integer',
  preemptionPolicy: 'string',
  dnsConfig: { nameservers: texts, searches: texts, options: [{ name: 'string', value: 'string' }] },
  readinessGates: [{ conditionType: 'string' }],
  runtimeClassName: 'string',
  enableServiceLinks: 'boolean',
  overhead: quantities,
  topologySpreadConstraints: [
    {
      maxSkew: 'integer',
      topologyKey: 'string',
      whenUnsatisfiable: 'string',
      labelSelector,
      minDomains: 'integer',
      nodeAffinityPolicy: 'string',
      nodeTaintsPolicy: 'string',
      matchLabelKeys: texts,
    },
  ],
  setHostnameAsFQDN: 'boolean',
  os: { name: 'string' },
  hostUsers: 'boolean',
  schedulingGates: [{ name: 'string' }],
  resourceClaims: [{ name: 'string', resourceClaimName: 'string', resourceClaimTemplateName: 'string' }],
  resources,
  workloadRef: 'any',
  schedulingGroup: 'any',
}

/** The whole Job; a template has no status of its own, an exported one is let through. */
export const jobFields: Fields = {
  apiVersion: 'string',
  kind: 'string',
  metadata,
  spec: {
    parallelism: 'integer',
    completions: 'integer',
    activeDeadlineSeconds: 'integer',
    podFailurePolicy: {
      rules: [
        {
          action: 'string',
          onExitCodes: { containerName: 'string', operator: 'string', values: ['integer'] },
          onPodConditions: [{ type: 'string', status: 'string' }],
        },
      ],
    },
    successPolicy: { rules: [{ succeededIndexes: 'string', succeededCount: 'integer' }] },
    backoffLimit: 'integer',
    backoffLimitPerIndex: 'integer',
    maxFailedIndexes: 'integer',
    selector: labelSelector,
    manualSelector: 'boolean',
    template: { metadata, spec: podSpec },
    ttlSecondsAfterFinished: 'integer',
    completionMode: 'string',
    suspend: 'boolean',
    podReplacementPolicy: 'string',
    managedBy: 'string',
  },
  status: 'any',
}
