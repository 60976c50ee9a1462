/** The fields of a container: probes, security, environment, mounts. */
import { fieldReference, keyReference, quantities, resourceFieldReference, texts } from './metadata-fields.ts'
import type { Fields, FieldType } from './strict-fields.ts'

export const httpHeader: FieldType = { name: 'string', value: 'string' }
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

export const seLinuxOptions: FieldType = { user: 'string', role: 'string', type: 'string', level: 'string' }
export const profile: FieldType = { type: 'string', localhostProfile: 'string' }
export const windowsOptions: FieldType = {
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

export const resources: FieldType = {
  limits: quantities,
  requests: quantities,
  claims: [{ name: 'string', request: 'string' }],
}

export const container: Fields = {
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
