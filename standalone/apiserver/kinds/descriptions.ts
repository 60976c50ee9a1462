/** What `kubectl explain` says of kinds that the server is born with, and of the fields that every kind has. */

export const kindDescriptions: Readonly<Record<string, string>> = {
  ConfigMap: 'Texts by name, for variables and files of pods, and for trial templates.',
  CustomResourceDefinition: 'Another kind of object that this server serves.',
  Deployment: 'Pods that are to run for good. It is stored here, nothing runs it.',
  Event: 'Something that happened to an object, kept for an hour.',
  Job: 'Pods that run to their end, tried again where they fail.',
  Lease: 'Who leads, and until when.',
  Namespace: 'A room for names: objects of different namespaces do not meet.',
  Node: 'A machine that runs pods; here there is one, this machine.',
  PersistentVolumeClaim: 'Storage that outlives pods; here a directory of this machine.',
  Pod: 'Containers that run together; here each is a group of processes of this machine.',
  Secret: 'Values by name that are not to be shown, in base64.',
  Service: 'An address for pods. It is stored here, nothing answers at it.',
  ServiceAccount: 'An identity of pods.',
}

export const fieldDescriptions: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the kind.',
  kind: 'Name of the kind.',
  metadata: 'Name, namespace, labels, and what the server notes of every object.',
  spec: 'What is wanted.',
  status: 'What is, as the controllers of the kind see it.',
}
