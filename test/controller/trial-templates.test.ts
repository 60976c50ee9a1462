/** The template that the manifests ship under Katib's name and key. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { builtInKnowledge, examineExperiment, render } from '#controller'
import { root } from '../support/qalam.ts'

const text = readFileSync(join(root, 'manifests/config/defaultTrialTemplate.yaml'), 'utf8')
const configMap = {
  configMapName: 'trial-templates',
  configMapNamespace: 'kubeflow',
  templatePath: 'defaultTrialTemplate.yaml',
}
/** As Katib's users name what it takes. */
const trialTemplate = {
  primaryContainerName: 'training-container',
  successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
  failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
  trialParameters: [
    { name: 'learningRate', reference: 'lr' },
    { name: 'numberLayers', reference: 'num-layers' },
    { name: 'optimizer', reference: 'optimizer' },
  ],
  configMap,
}

test("an Experiment that names Katib's default template is sound", () => {
  const knowledge = builtInKnowledge({ collectors: ['StdOut'], earlyStoppers: [] })
  const double = (min: string, max: string) => ({ feasibleSpace: { min, max } })
  const experiment = {
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Experiment',
    metadata: { name: 'from-a-template', namespace: 'kubeflow' },
    spec: {
      objective: { type: 'maximize', objectiveMetricName: 'Validation-accuracy' },
      algorithm: { algorithmName: 'random' },
      maxTrialCount: 12,
      parameters: [
        { name: 'lr', parameterType: 'double', ...double('0.01', '0.03') },
        { name: 'num-layers', parameterType: 'int', ...double('2', '5') },
        { name: 'optimizer', parameterType: 'categorical', feasibleSpace: { list: ['sgd', 'adam'] } },
      ],
      trialTemplate,
    },
  }
  expect(examineExperiment(experiment, { ...knowledge, template: { text } }).problems).toEqual([])
})

test('its program prints both metrics, better near the best learning rate', async () => {
  const job = (lr: string) =>
    render(
      trialTemplate,
      { name: 't', namespace: 'kubeflow' },
      [
        { name: 'lr', value: lr },
        { name: 'num-layers', value: '4' },
        { name: 'optimizer', value: 'adam' },
      ],
      text,
    )
  const accuracy = async (lr: string) => {
    const { spec } = job(lr) as { spec?: { template?: { spec: { containers: [{ command: [string, ...string[]] }] } } } }
    const [program, ...args] = spec?.template?.spec.containers[0].command ?? ['false']
    const { stdout } = await promisify(execFile)(program, args)
    expect(stdout).toMatch(/^epoch 1: Train-accuracy=0\.\d+$/m)
    return Number(/epoch 5: Validation-accuracy=(0\.\d+)$/m.exec(stdout)?.[1])
  }
  expect(await accuracy('0.02')).toBeGreaterThan(await accuracy('0.001'))
})
