import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../../clients/python/to_wandb.py', import.meta.url))
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0

/** What the script calls of the package, as its documentation has it: every call is a line of JSON. */
const WANDB = `
import json

class Run:
    def __enter__(self): return self
    def __exit__(self, *error): print(json.dumps({"finish": error[0] is None}))
    def log(self, values, step): print(json.dumps({"step": step, **values}))

def init(**given):
    print(json.dumps(given))
    return Run()
`

it.skipIf(!HAS_PYTHON)('a run is copied to Weights & Biases, iteration by iteration (where Python 3 is)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-wandb-'))
  try {
    writeFileSync(join(folder, 'wandb.py'), WANDB)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ policyHidden: [8], dataset: 'synthetic' }))
    const [entropy, actions] = [0.5, { block: 2 }]
    const lines = [
      { iteration: 1, entropy, timeToGoShare: null, stl: [], actions, validation: null },
      { iteration: 2, entropy, timeToGoShare: 0.25, stl: [], actions, validation: { f1: 0.75 } },
    ]
    writeFileSync(join(folder, 'metrics.jsonl'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
    const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }
    const { stdout, stderr } = spawnSync('python3', [SCRIPT, '.', '--project=p'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const calls = stdout.trimEnd().split('\n')
    expect(calls.map((call) => JSON.parse(call))).toEqual([
      { project: 'p', name: folder.split('/').at(-1), config: { policyHidden: [8], dataset: 'synthetic' } },
      { step: 1, 'train/entropy': 0.5, 'actions/block': 2 },
      { step: 2, 'train/entropy': 0.5, 'train/timeToGoShare': 0.25, 'actions/block': 2, 'validation/f1': 0.75 },
      { finish: true },
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
