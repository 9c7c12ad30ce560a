import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { bundleFiles, removeUnfinishedFiles, resultFiles, runFolderAt } from './run-folder.ts'

it('removes what was left half-written of every file of a run, and nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vigil-folder-'))
  try {
    const folder = runFolderAt(root)
    await mkdir(join(root, 'checkpoints'))
    await mkdir(join(root, 'bundle'))
    const { path: _root, ...own } = folder
    const results = (['test', 'validation'] as const).flatMap((split) => Object.values(resultFiles(folder, split)))
    const files = [...Object.values(own), ...results, ...Object.values(bundleFiles(root))]
    for (const file of files) for (const name of [file, `${file}.123456`]) await writeFile(name, '')
    await writeFile(join(root, 'notes.123456'), '')
    await removeUnfinishedFiles(folder)
    const left = (await readdir(root, { recursive: true })).map((name) => basename(name)).sort()
    expect(left).toEqual(['bundle', 'checkpoints', 'notes.123456', ...files.map((file) => basename(file))].sort())
  } finally {
    await rm(root, { recursive: true })
  }
})
