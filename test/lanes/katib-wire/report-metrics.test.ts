/** Katib's `report_metrics()`, unmodified, inside real trials of one machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { qalam, temporaryDirectory } from '../../support/qalam.ts'
import { katibPython } from './python.ts'
import { anExperiment, trialsOf } from './server.ts'

const python = await katibPython()

describe.skipIf(python === undefined)('report_metrics() in a trial', () => {
  const directory = temporaryDirectory()
  afterAll(() => directory[Symbol.dispose]())

  /** Runs one trial of `program` in the namespace team-a. */
  async function tried(name: string, program: string, ...flags: string[]) {
    const script = join(directory.path, `${name}.py`)
    writeFileSync(script, program)
    const data = join(directory.path, name)
    const command = [python as string, script, '$' + '{trialParameters.x}']
    const file = anExperiment(directory.path, { name, namespace: 'team-a', command })
    const ran = await qalam(['run', '-f', file, '--data-dir', data, '--timeout', '60s', ...flags])
    const [trial] = await trialsOf((...args) => qalam([...args, '--data-dir', data]), 'team-a')
    const logs = await qalam(['logs', trial.metadata.name, '-n', 'team-a', '--data-dir', data])
    return { ran, trial, log: logs.stdout }
  }

  test('what it reports within one second is all there, in its order', async () => {
    const { ran, trial } = await tried(
      'reports',
      `from kubeflow.katib import report_metrics
for loss in (0.5, 0.25, 0.375): report_metrics({"loss": loss, "accuracy": 1 - loss})`,
    )
    expect({ code: ran.code, told: ran.stderr.match(/report_metrics\(\)/g)?.length }).toEqual({ code: 0, told: 1 })
    expect(trial.status?.observation?.metrics).toEqual([
      { name: 'loss', min: '0.25', max: '0.5', latest: '0.375' },
      { name: 'accuracy', min: '0.5', max: '0.75', latest: '0.625' },
    ])
  })

  test('for another trial it is refused with a status and a sentence', async () => {
    const { log } = await tried(
      'foreign',
      `import os
from kubeflow.katib import report_metrics
own, os.environ["KATIB_TRIAL_NAME"] = os.environ["KATIB_TRIAL_NAME"], "other"
try: report_metrics({"loss": 0.1})
except RuntimeError as error: print(error)
os.environ["KATIB_TRIAL_NAME"] = own
report_metrics({"loss": 0.2})`,
    )
    expect(log).toMatch(/Trial team-a\/other[\s\S]*PERMISSION_DENIED/)
    expect(log).toMatch(/the token is of trial foreign-\w+, which may not speak for "other"/)
  })

  test('with --no-grpc-proxy it is left as it is: it finds no namespace file', async () => {
    const program = `import os
print("proxy", os.environ.get("grpc_proxy"), "path", os.environ.get("PYTHONPATH"))
from kubeflow.katib import report_metrics
report_metrics({"loss": 0.1})`
    const { ran, log } = await tried('off', program, '--no-grpc-proxy')
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).not.toContain('report_metrics()')
    expect(log).toContain('proxy None path None')
    expect(log).toContain('serviceaccount/namespace')
  })

  test('a sitecustomize of the user is loaded all the same, and a PYTHONPATH of the manifest stays', async () => {
    writeFileSync(join(directory.path, 'sitecustomize.py'), 'import builtins\nbuiltins.hidden = "loaded"\n')
    const script = join(directory.path, 'paths.py')
    writeFileSync(script, 'import kubeflow.katib as katib\nkatib.report_metrics({"loss": len(hidden)})\n')
    const command = ['sh', '-c', `: $\{trialParameters.x}; exec env ${python} ${script}`]
    const file = anExperiment(directory.path, {
      name: 'paths',
      namespace: 'team-a',
      command,
      env: [{ name: 'PYTHONPATH', value: directory.path }],
    })
    const data = join(directory.path, 'paths')
    const { code, stderr } = await qalam(['run', '-f', file, '--data-dir', data, '--timeout', '60s'])
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    const [trial] = await trialsOf((...args) => qalam([...args, '--data-dir', data]), 'team-a')
    expect(trial.status?.observation?.metrics?.[0]).toMatchObject({ name: 'loss', latest: '6' })
  })
})
