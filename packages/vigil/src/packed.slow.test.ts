import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { COMMANDS } from './cli/commands.ts'
import { packLibrary } from './pack/pack-library.ts'
import { train } from './train.ts'

// One package, one folder that has installed it, one trained run: the tests look at them.

const SETTINGS = { dataset: 'synthetic', rows: 3000, engine: 'portable', rowsPerIteration: 2048, seed: 1 } as const

/** What somebody writes who has installed the package. */
const CONSUMER = `
import { ACTION_NAMES, decide, loadDataset, openEnvironment, openRun, resume, type Run, train, VigilError } from 'vigil'

const stop = new AbortController()
const seen: number[] = []
const stopped: Run = await train(
  { ...${JSON.stringify(SETTINGS)}, iterations: 2, out: 'run' },
  { onIteration: ({ iteration }) => void (seen.push(iteration), stop.abort()), signal: stop.signal },
)
// @ts-expect-error a run goes on with its own settings
const other = await resume(stopped.path, { iterations: 4, learningRate: 5 }).catch((error: unknown) => error)
const resumeCode = other instanceof VigilError ? other.code : null
const run = await resume(stopped.path, {}, { onIteration: ({ iteration }) => void seen.push(iteration) })
const { team } = await run.evaluation()
const f1: number = team.f1
const [decision] = await decide(run.path, [{ size: 1200, gap_ms: 3 }])
const action: 'allow' | 'block' | 'quarantine' | 'alert' = ACTION_NAMES[decision.action]
const { dataset } = await loadDataset({ dataset: 'synthetic', rows: 3000 })
const dense: Float32Array = dataset.dense
const env = await openEnvironment({ dataset: 'quickest', rows: 4000, agents: 1 }, { lanes: 2 })
const terminations: Uint8Array = env.step([0, 2]).terminations
// @ts-expect-error no setting has this name
const refused = await train({ iteratons: 3 }).catch((error: unknown) => error)
const code = refused instanceof VigilError ? refused.code : null
const { isFinished } = await openRun('run')
const written = { seen, wasFinished: stopped.isFinished, isFinished, f1, action, score: decision.score, code, resumeCode, ends: [...terminations] }
console.log(JSON.stringify({ ...written, rows: dense.length / dataset.denseNames.length }))
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-packed-'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }')
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
  // npm ci has left in npm's cache what this repository depends on.
  const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', packLibrary(folder)]
  execFileSync('npm', words, { cwd: folder, stdio: 'pipe' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const vigil = (words: string[], input = '') => {
  const command = join(folder, 'node_modules/vigil/packages/vigil/src/cli/vigil.js')
  return spawnSync(process.execPath, [command, ...words], { cwd: folder, encoding: 'utf8', input })
}

it('is compiled against, trains, stops, resumes and decides where only the package is installed, with the bits of the repository', async () => {
  const require = createRequire(import.meta.url)
  const types = join(require.resolve('@types/node/package.json'), '../..')
  const tsc = join(require.resolve('typescript/package.json'), '../bin/tsc')
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--typeRoots', types]
  execFileSync(process.execPath, [tsc, ...flags, 'consumer.ts'], { cwd: folder, encoding: 'utf8' })

  const written = JSON.parse(execFileSync(process.execPath, ['consumer.js'], { cwd: folder, encoding: 'utf8' }))
  expect(written).toMatchObject({
    seen: [1, 2],
    wasFinished: false,
    isFinished: true,
    code: 'UNKNOWN_KEY',
    resumeCode: 'CONFLICT',
    rows: 3000,
    ends: [0, 1],
  })

  const { path } = await train({ ...SETTINGS, iterations: 2, out: join(folder, 'own') })
  const sha256 = (run: string) =>
    createHash('sha256')
      .update(readFileSync(join(run, 'bundle/weights.bin')))
      .digest('hex')
  expect(sha256(join(folder, 'run'))).toBe(sha256(path))

  const { status, stdout } = vigil(['decide', '--run=run'], '{"size":1200,"gap_ms":3}\n')
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, action: written.action, score: written.score })
})

it('has commands that call themselves as they are called', () => {
  const { status, stdout, stderr } = vigil(['train', '--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('Usage: npx vigil train --flag=value')
  expect(stdout).not.toContain('nx run')
  expect(vigil(['trian'])).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean train?') })
  expect(vigil([]).stdout).toMatch(/^Usage: vigil COMMAND/)
  expect(vigil(['--version'])).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' })
})

it('names no command that only the repository has', () => {
  const own = join(folder, 'node_modules/vigil')
  const files = readdirSync(own, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.js') && !path.startsWith('node_modules') && !/(^|\/)(generated|build)\//.test(path),
  )
  const words = [...Object.keys(COMMANDS), 'completion', 'help']
  const found = files.flatMap((path) => {
    const lines = readFileSync(join(own, path), 'utf8').split('\n')
    const strings = lines.filter((line) => !/^\s*(\/\*\*|\*|\/\/)/.test(line)).join('\n')
    const calls = [...strings.matchAll(/npx vigil ([\w:-]+)/g)].filter(([, word]) => !words.includes(word))
    return [...calls.map(([call]) => call), ...(strings.match(/nx run [a-z]|npm ci/g) ?? [])].map(
      (call) => `${path}: ${call}`,
    )
  })
  expect(files.length).toBeGreaterThan(300)
  expect(found).toEqual([])
})
