import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-made-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The files that a command names. */
function made(name: 'train' | 'evaluate', words: readonly string[]) {
  const script = new URL(`./${name}.ts`, import.meta.url).pathname
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
  const { stdout } = spawnSync(process.execPath, [script, ...words, '--json'], { cwd: folder, encoding: 'utf8', env })
  const { files } = JSON.parse(stdout).result as { files: { path: string; bytes: number; sha256: string }[] }
  return files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })).sort(byPath)
}

/** The files that lie in a folder, locks aside. */
function lying(path: string) {
  return readdirSync(join(folder, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.lock'))
    .map((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return { path: join(entry.parentPath, entry.name).slice(folder.length + 1), bytes: bytes.length, sha256 }
    })
    .sort(byPath)
}

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)

it('a training and an evaluation name every file that they leave, with its size and hash', () => {
  const small = [
    ...['--environment=triage', '--rows=1000', '--policy-hidden=8', '--value-hidden=8', '--rows-per-iteration=128'],
    ...['--minibatch-size=128', '--shards=1', '--actors=1', '--engine-threads=1', '--iterations=2', '--out=run'],
  ]
  expect(made('train', [...small, '--skip-evaluation', '--tensorboard'])).toEqual(lying('run'))
  expect(made('evaluate', ['--run=run', '--split=validation', '--certify', '--out=results'])).toEqual(lying('results'))
  const names = lying('results').map(({ path }) => path)
  expect(names).toEqual(expect.arrayContaining(['results/certificates-validation.bin', 'results/bundle/weights.bin']))
  expect(made('train', ['--resume=run'])).toEqual(lying('run'))
  expect(lying('run').map(({ path }) => path)).toContain('run/evaluation.json')
})
