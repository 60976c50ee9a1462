/** Field numbers of the messages that `kubectl create KIND` sends, from Kubernetes' generated.proto files (v1.36). */

/** How a field is read. `message`: nested; `map`: text to text or bytes; `repeated`: a list of texts or messages. */
export type Field =
  | readonly [name: string, type: 'string' | 'bytes' | 'int' | 'bool' | 'strings']
  | readonly [name: string, type: 'map', value: 'string' | 'bytes']
  | readonly [name: string, type: 'message' | 'messages', fields: Message]
  /** Times that a client may send empty: the server sets its own. */
  | readonly [name: string, type: 'ignored']

export type Message = Readonly<Record<number, Field>>

const metadata: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  4: ['selfLink', 'ignored'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'ignored'],
  8: ['creationTimestamp', 'ignored'],
  11: ['labels', 'map', 'string'],
  12: ['annotations', 'map', 'string'],
  14: ['finalizers', 'strings'],
}

const container: Message = {
  1: ['name', 'string'],
  2: ['image', 'string'],
  3: ['command', 'strings'],
  4: ['args', 'strings'],
  5: ['workingDir', 'string'],
  7: ['env', 'messages', { 1: ['name', 'string'], 2: ['value', 'string'] }],
  8: ['resources', 'message', {}],
  13: ['terminationMessagePath', 'string'],
  14: ['imagePullPolicy', 'string'],
  // Go writes booleans that are not pointers even when they are false.
  16: ['stdin', 'bool'],
  17: ['stdinOnce', 'bool'],
  18: ['tty', 'bool'],
  20: ['terminationMessagePolicy', 'string'],
}

const podTemplate: Message = {
  1: ['metadata', 'message', metadata],
  2: [
    'spec',
    'message',
    {
      2: ['containers', 'messages', container],
      3: ['restartPolicy', 'string'],
      4: ['terminationGracePeriodSeconds', 'int'],
      5: ['activeDeadlineSeconds', 'int'],
      6: ['dnsPolicy', 'string'],
      8: ['serviceAccountName', 'string'],
      9: ['serviceAccount', 'string'],
      10: ['nodeName', 'string'],
      11: ['hostNetwork', 'bool'],
      12: ['hostPID', 'bool'],
      13: ['hostIPC', 'bool'],
      14: ['securityContext', 'message', {}],
      16: ['hostname', 'string'],
      17: ['subdomain', 'string'],
      19: ['schedulerName', 'string'],
      24: ['priorityClassName', 'string'],
      20: ['initContainers', 'messages', container],
    },
  ],
}

/** The answers are the server's: a client sends them empty. */
const noAccess: Message = {
  1: ['allowed', 'bool'],
  2: ['reason', 'string'],
  3: ['evaluationError', 'string'],
  4: ['denied', 'bool'],
}
const noRules: Message = { 3: ['incomplete', 'bool'], 4: ['evaluationError', 'string'] }

const attributes = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name']

export const messages: Readonly<Record<string, Message>> = {
  'v1/Namespace': {
    1: ['metadata', 'message', metadata],
    2: ['spec', 'message', { 1: ['finalizers', 'strings'] }],
    3: ['status', 'message', { 1: ['phase', 'string'] }],
  },
  'v1/ConfigMap': {
    1: ['metadata', 'message', metadata],
    2: ['data', 'map', 'string'],
    3: ['binaryData', 'map', 'bytes'],
    4: ['immutable', 'bool'],
  },
  'v1/Secret': {
    1: ['metadata', 'message', metadata],
    2: ['data', 'map', 'bytes'],
    3: ['type', 'string'],
    4: ['stringData', 'map', 'string'],
    5: ['immutable', 'bool'],
  },
  'v1/ServiceAccount': { 1: ['metadata', 'message', metadata], 4: ['automountServiceAccountToken', 'bool'] },
  'authentication.k8s.io/v1/SelfSubjectReview': {
    1: ['metadata', 'message', metadata],
    2: ['status', 'message', { 1: ['userInfo', 'message', {}] }],
  },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: ['metadata', 'message', metadata],
    2: [
      'spec',
      'message',
      {
        1: [
          'resourceAttributes',
          'message',
          Object.fromEntries(attributes.map((name, i) => [i + 1, [name, 'string']] as const)),
        ],
        2: ['nonResourceAttributes', 'message', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
      },
    ],
    3: ['status', 'message', noAccess],
  },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: ['metadata', 'message', metadata],
    2: ['spec', 'message', { 1: ['namespace', 'string'] }],
    3: ['status', 'message', noRules],
  },
  'batch/v1/Job': {
    1: ['metadata', 'message', metadata],
    2: [
      'spec',
      'message',
      {
        1: ['parallelism', 'int'],
        2: ['completions', 'int'],
        3: ['activeDeadlineSeconds', 'int'],
        5: ['manualSelector', 'bool'],
        6: ['template', 'message', podTemplate],
        7: ['backoffLimit', 'int'],
        8: ['ttlSecondsAfterFinished', 'int'],
        9: ['completionMode', 'string'],
        10: ['suspend', 'bool'],
      },
    ],
    3: ['status', 'message', {}],
  },
}
