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

  /** Runs one trial of `program` in the namespace team-a, to its end. */
  async function tried(
    name: string,
    program: string,
    more: { env?: readonly object[]; spec?: object; flags?: readonly string[] } = {},
  ) {
    const script = join(directory.path, `${name}.py`)
    writeFileSync(script, program)
    const data = ['--data-dir', join(directory.path, name)]
    const command = [python as string, script, '$' + '{trialParameters.x}']
    const file = anExperiment(directory.path, { name, namespace: 'team-a', command, ...more })
    const ran = await qalam(['run', '-f', file, ...data, '--timeout', '300s', ...(more.flags ?? [])])
    const [trial] = await trialsOf((...args) => qalam([...args, ...data]), 'team-a')
    return { ran, trial, log: (await qalam(['logs', trial.metadata.name, '-n', 'team-a', ...data])).stdout }
  }

  test('what it reports within one second is all there, in its order; for another trial it is refused', async () => {
    writeFileSync(join(directory.path, 'sitecustomize.py'), 'import builtins\nbuiltins.hidden = "loaded"\n')
    const program = `import os
from kubeflow.katib import report_metrics
print("a sitecustomize of the user is", hidden)
for loss in (0.5, 0.25, 0.375): report_metrics({"loss": loss, "accuracy": 1 - loss})
os.environ["KATIB_TRIAL_NAME"] = "other"
try: report_metrics({"loss": 0.1})
except RuntimeError as error: print(error)`
    const { ran, trial, log } = await tried('reports', program, {
      env: [{ name: 'PYTHONPATH', value: directory.path }],
    })
    expect({ code: ran.code, told: ran.stderr.match(/report_metrics\(\)/g)?.length }).toEqual({ code: 0, told: 1 })
    expect(trial.status?.observation?.metrics).toEqual([
      { name: 'loss', min: '0.25', max: '0.5', latest: '0.375' },
      { name: 'accuracy', min: '0.5', max: '0.75', latest: '0.625' },
    ])
    expect(log).toContain('a sitecustomize of the user is loaded')
    expect(log).toMatch(/Trial team-a\/other[\s\S]*PERMISSION_DENIED/)
    expect(log).toMatch(/the token is of trial reports-\w+, which may not speak for "other"/)
  })

  test("from a custom collector beside the trial's program", async () => {
    const collector = `import os, sys, time
from kubeflow.katib import report_metrics
def read():
    try: return open(sys.argv[1]).read()
    except FileNotFoundError: return ""
while not read().endswith("\\n"): time.sleep(0.05)
report_metrics({"loss": float(read())})`
    const script = join(directory.path, 'collector.py')
    writeFileSync(script, collector)
    const path = '/katib/train.log'
    const customCollector = { name: 'mine', image: 'local', command: [python, script, path] }
    const { ran, trial } = await tried(
      'custom',
      'open("/katib/train.log".replace("/katib", __import__("os").environ["LOGS"]), "w").write("0.125\\n")',
      {
        env: [{ name: 'LOGS', value: '/katib' }],
        spec: {
          metricsCollectorSpec: {
            source: { fileSystemPath: { path, kind: 'File' } },
            collector: { kind: 'Custom', customCollector },
          },
        },
      },
    )
    expect({ code: ran.code, stderr: ran.code === 0 ? '' : ran.stderr }).toEqual({ code: 0, stderr: '' })
    expect(trial.status?.observation?.metrics?.[0]).toEqual({
      name: 'loss',
      min: '0.125',
      max: '0.125',
      latest: '0.125',
    })
  })

  test('with --no-grpc-proxy it is left as it is: it finds no namespace file', async () => {
    const program = `import os
print("proxy", os.environ.get("grpc_proxy"), "path", os.environ.get("PYTHONPATH"))
from kubeflow.katib import report_metrics
report_metrics({"loss": 0.1})`
    const { ran, log } = await tried('off', program, { flags: ['--no-grpc-proxy'] })
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).not.toContain('report_metrics()')
    expect(log).toContain('proxy None path None')
    expect(log).toContain('serviceaccount/namespace')
  })
})
