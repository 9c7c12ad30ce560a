import promises, { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { bundleFiles, makeFolder, removeUnfinishedFiles, resultFiles, runFolderAt } from './run-folder.ts'

it('makes folders whose names are on the disk, also where another process has made them', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vigil-folder-'))
  // A folder is opened to be synced, and for nothing else.
  const opened = vi.spyOn(promises, 'open')
  syncBuiltinESMExports()
  try {
    const parents = () => opened.mock.calls.splice(0).map(([path]) => path)
    await makeFolder(join(root, 'a', 'b'))
    expect(parents()).toEqual(expect.arrayContaining([root, join(root, 'a')]))
    await makeFolder(join(root, 'a', 'b'))
    expect(parents()).toEqual([join(root, 'a')])
    expect(await readdir(join(root, 'a'))).toEqual(['b'])
  } finally {
    opened.mockRestore()
    syncBuiltinESMExports()
    await rm(root, { recursive: true })
  }
})

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
