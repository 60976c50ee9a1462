import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { pendingWrap, wrapCommand } from '#kinds'
import { temporaryDirectory } from '../support/qalam.ts'

const stdout = { stdout: '/var/log/katib/metrics.log', directory: '/var/log/katib' }
const marker = 'echo completed > /var/log/katib/$$$$.pid'
const stopped =
  'if test -f /var/log/katib/$$$$.pid && [ $(head -n 1 /var/log/katib/$$.pid) = early-stopped ]; then echo Training Container was Early Stopped; else echo Training Container was Failed; exit 1; fi'

test.each([
  {
    name: 'a program with standard output',
    argv: ['python3', 'a.py', '--lr=0.1'],
    options: stdout,
    command: ['sh', '-c'],
    line: `python3 a.py --lr=0.1 1>/var/log/katib/metrics.log 2>&1 && ${marker}`,
  },
  {
    name: 'early stopping tells a stop from a failure',
    argv: ['python3', 'a.py'],
    options: { ...stdout, earlyStopping: true },
    command: ['sh', '-c'],
    line: `python3 a.py 1>/var/log/katib/metrics.log 2>&1 || ${stopped} && ${marker}`,
  },
  {
    name: 'a file collector redirects nothing',
    argv: ['./train'],
    options: { directory: '/katib' },
    command: ['sh', '-c'],
    line: './train && echo completed > /katib/$$$$.pid',
  },
  {
    name: 'a directory with a slash at its end',
    argv: ['./train'],
    options: { directory: '/logs/test/' },
    command: ['sh', '-c'],
    line: './train && echo completed > /logs/test/$$$$.pid',
  },
  {
    name: 'the root directory',
    argv: ['./train'],
    options: { directory: '/' },
    command: ['sh', '-c'],
    line: './train && echo completed > //$$$$.pid',
  },
  {
    name: 'a shell is kept; every command of its script is read',
    argv: ['bash', '-c', 'a; b'],
    options: stdout,
    command: ['bash', '-c'],
    line: `exec 1>/var/log/katib/metrics.log 2>&1\na; b && ${marker}`,
  },
  {
    name: 'a script that ends with a line break: its output is read',
    argv: ['sh', '-c', 'cd /app\na\n'],
    options: stdout,
    command: ['sh', '-c'],
    line: `exec 1>/var/log/katib/metrics.log 2>&1\ncd /app\na && ${marker}`,
  },
  {
    name: 'a script that ends with a comment keeps its last status',
    argv: ['sh', '-c', 'a # last\n'],
    options: stdout,
    command: ['sh', '-c'],
    line: `exec 1>/var/log/katib/metrics.log 2>&1\na # last\n(exit $?) && ${marker}`,
  },
  {
    name: 'a shell by its path, with options',
    argv: ['/bin/bash', '-ec', 'a'],
    options: stdout,
    command: ['/bin/bash', '-ec'],
    line: `a 1>/var/log/katib/metrics.log 2>&1 && ${marker}`,
  },
  {
    name: 'a lone shell is a program',
    argv: ['sh'],
    options: stdout,
    command: ['sh', '-c'],
    line: `sh 1>/var/log/katib/metrics.log 2>&1 && ${marker}`,
  },
  {
    name: 'quotes are left to the shell',
    argv: ['python3', '--net="{\'a\': 1}"'],
    options: { directory: '/d' },
    command: ['sh', '-c'],
    line: `python3 --net="{'a': 1}" && echo completed > /d/$$$$.pid`,
  },
  {
    name: 'the program text of an interpreter is quoted',
    argv: ['/usr/bin/python3.11', '-u', '-c', "print('loss=1') # (a)", '--lr=0.1'],
    options: { directory: '/d' },
    command: ['sh', '-c'],
    line: `/usr/bin/python3.11 -u -c 'print('\\''loss=1'\\'') # (a)' --lr=0.1 && echo completed > /d/$$$$.pid`,
  },
  {
    name: 'a program text that is quoted already stays as it is',
    argv: ['node', '-e', '"console.log(1)"'],
    options: { directory: '/d' },
    command: ['sh', '-c'],
    line: 'node -e "console.log(1)" && echo completed > /d/$$$$.pid',
  },
  {
    name: 'an option of a script is none of its interpreter',
    argv: ['python', 'train.py', '-c', '"a.yaml"', "it's"],
    options: { directory: '/d' },
    command: ['sh', '-c'],
    line: 'python train.py -c "a.yaml" it\'s && echo completed > /d/$$$$.pid',
  },
])('$name', ({ argv, options, command, line }) => {
  expect(wrapCommand(argv, options)).toEqual({ command, args: [line] })
})

test('a mark that is no mark is none', () => {
  for (const text of ['', '{', '[]', 'null', '{"container":1,"directory":"/d"}', '{"container":"c"}']) {
    expect(pendingWrap({ 'qalam.dev/wrap-command': text })).toBeUndefined()
  }
  expect(pendingWrap(undefined)).toBeUndefined()
})

describe('in a real shell', () => {
  const directories: string[] = []
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })

  /** Runs the line as a container would: Kubernetes first turns `$$` into `$` and leaves references it cannot resolve. */
  function run(script: string, earlyStopping = false) {
    const directory = mkdtempSync(join(tmpdir(), 'wrap-'))
    directories.push(directory)
    const stdout = join(directory, 'metrics.log')
    const { command, args } = wrapCommand(['sh', '-c', script.replaceAll('DIR', directory)], {
      stdout,
      directory,
      earlyStopping,
    })
    const { status } = spawnSync(command[0], [
      ...command.slice(1),
      ...args.map(arg => arg.replaceAll(/\$\$|\$\([^)]*\)/g, found => (found === '$$' ? '$' : found))),
    ])
    const markers = readdirSync(directory).filter(name => name.endsWith('.pid'))
    return {
      status,
      log: readFileSync(stdout, 'utf8'),
      markers: markers.map(name => readFileSync(join(directory, name), 'utf8').trim()),
    }
  }

  test('a good end leaves the marker and both outputs', () => {
    expect(run('{ echo loss=1; echo oh >&2; }')).toEqual({ status: 0, log: 'loss=1\noh\n', markers: ['completed'] })
  })

  test('a program text of several lines, with every kind of quote, reaches its interpreter whole', () => {
    const directory = mkdtempSync(join(tmpdir(), 'wrap-'))
    directories.push(directory)
    const stdout = join(directory, 'metrics.log')
    const text = `const a = 'x', b = "y"\nconsole.log(\`\${a + b}=(1) \\\\ # $HOME\`)`
    const { command, args } = wrapCommand(['node', '-e', text], { stdout, directory })
    const { status } = spawnSync(command[0], [...command.slice(1), ...args])
    expect([status, readFileSync(stdout, 'utf8')]).toEqual([0, 'xy=(1) \\ # $HOME\n'])
  })

  test('a failure leaves none', () => {
    expect(run('{ echo a; false; }')).toEqual({ status: 1, log: 'a\n', markers: [] })
  })

  test.each([
    ['commands', 'echo a; echo oh >&2; true', 'a\noh\n'],
    ['lines', 'echo a\nfor i in 1 2; do\n  echo $i\ndone\necho end\n', 'a\n1\n2\nend\n'],
    ['a pipe', 'ls /no-such-folder 2>&1 >/dev/null | grep -c folder', '1\n'],
    ['a comment at its end', 'echo a # the end', 'a\n'],
    ['a semicolon at its end', 'echo a; echo b;', 'a\nb\n'],
    ['a background program', 'echo a &\nwait; echo b', 'a\nb\n'],
    ['a here-document at its end', 'echo a; cat <<EOM\ntext\nEOM', 'a\ntext\n'],
  ])('all that a script of %s prints is read', (_, script, log) => {
    expect(run(script)).toEqual({ status: 0, log, markers: ['completed'] })
  })

  test.each(['echo a; exit 3', 'echo a; (exit 3);', 'set -e; echo a; (exit 3); echo b', 'echo a; (exit 3) # why'])(
    'a script that fails keeps its status: %s',
    script => {
      expect(run(script)).toEqual({ status: 3, log: 'a\n', markers: [] })
    },
  )

  test('a script whose program was stopped early ends well', () => {
    const script = 'set -e; echo a; echo early-stopped > DIR/$$$$.pid; false'
    expect(run(script, true)).toMatchObject({ status: 0, markers: ['completed'] })
  })

  test('a failure under early stopping is a failure', () => {
    expect(run('{ echo a; false; }', true)).toMatchObject({ status: 1, markers: [] })
  })

  test('a program that was stopped early ends well', () => {
    const stopped = '{ echo a; echo early-stopped > DIR/$$$$.pid; false; }'
    expect(run(stopped, true)).toMatchObject({ status: 0, markers: ['completed'] })
  })
})

describe('values of parameters', () => {
  const hostile = [
    '$(touch PLACE)',
    '`touch PLACE`',
    'a; touch PLACE',
    'a && touch PLACE',
    'a | touch PLACE #',
    'a\ntouch PLACE',
    'a > PLACE',
    `' ; touch PLACE ; '`,
    `" ; touch PLACE ; "`,
    '$' + '{trialParameters.x}',
    '\\',
    `it's`,
    'say "hi"',
    '{"k": [1, "two"]}',
  ]
  const around = [
    { name: 'bare', of: (value: string) => value },
    { name: 'after a flag', of: (value: string) => `--value=${value}` },
    { name: 'in quotes of the manifest', of: (value: string) => `--value="${value}"` },
    { name: 'in single quotes of the manifest', of: (value: string) => `--value='${value}'` },
  ]

  test.each(hostile.flatMap(text => around.map(({ name, of }) => ({ text, name, of }))))(
    '$text, $name: arrives as it is, and nothing of it is carried out',
    ({ text, of }) => {
      using directory = temporaryDirectory()
      const place = join(directory.path, 'carried-out')
      const value = text.replaceAll('PLACE', place)
      const argv = [process.execPath, '-p', '"process.argv[1]"', '--', of(value)]
      const { command, args } = wrapCommand(argv, { directory: directory.path, values: ['1', value] })
      // Kubernetes makes `$$` of `$$$$`.
      const script = args.map(each => each.replaceAll('$$', '$'))
      const seen = execFileSync(command[0] ?? '', [...command.slice(1), ...script], { encoding: 'utf8', stdio: 'pipe' })
      expect(seen).toBe(
        `${of('VALUE')
          .replace(/["']/g, '')
          .replace('VALUE', () => value)}\n`,
      )
      expect(existsSync(place)).toBe(false)
    },
  )

  test.each(['--lr 0.1 --momentum 0.9', '$HOME/data', '$' + '{HOME}/data', 'data/*.csv', "'a b'", '-0.5', 'größer'])(
    '%s is left to the shell, as in Katib',
    value => {
      const { args } = wrapCommand(['train', value], { directory: '/d', values: [value] })
      expect(args[0]).toMatch(/^train /)
      expect(args[0]?.slice('train '.length, -' && echo completed > /d/$$$$.pid'.length)).toBe(value)
    },
  )
})
