import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import ownPackage from '../../package.json' with { type: 'json' }
import { readRunFile } from '../read-run-file.ts'
import { bundleFiles, makeFolder } from '../run-folder.ts'
import { weightsSha256 } from '../run-record.ts'
import type { Bundle } from './bundle.ts'
import { settingsOf } from './bundle-settings.ts'

/**
 * Writes a team's bundle into `folder`, whole or not at all: bundle.json is removed first and written last. A bundle that
 * has these bytes already is left alone, so whoever reads it is not disturbed.
 *
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function writeBundle(folder: string, bundle: Bundle): Promise<void> {
  const { buffer, byteOffset, byteLength } = bundle.parameters
  const weights = new Uint8Array(buffer, byteOffset, byteLength)
  const pipeline = Buffer.from(`${JSON.stringify(bundle.pipeline)}\n`)
  const belief = Buffer.from(`${JSON.stringify(bundle.belief)}\n`)
  const reference = Buffer.from(`${JSON.stringify(bundle.reference)}\n`)
  const settings = settingsOf(bundle, ownPackage.version, {
    'pipeline.json': hash('sha256', pipeline),
    'belief.json': hash('sha256', belief),
    'reference.json': hash('sha256', reference),
    'weights.bin': weightsSha256(bundle.parameters),
  })
  const contents = {
    weights,
    pipeline,
    belief,
    reference,
    settings: Buffer.from(`${JSON.stringify(settings, null, 2)}\n`),
  }
  const files = bundleFiles(folder)
  if (await holds(files, contents)) return
  await makeFolder(dirname(files.settings))
  await rm(files.settings, { force: true })
  for (const name of ['weights', 'pipeline', 'belief', 'reference', 'settings'] as const) {
    await writeFileAtomically(files[name], contents[name])
  }
}

type Files<Content> = Readonly<Record<keyof ReturnType<typeof bundleFiles>, Content>>

/** A file that cannot be read is written anew. */
async function holds(files: Files<string>, contents: Files<Uint8Array>): Promise<boolean> {
  for (const name of ['settings', 'pipeline', 'belief', 'reference', 'weights'] as const) {
    const found = await readRunFile(files[name], contents[name].length).catch(() => null)
    if (found === null || !found.equals(contents[name])) return false
  }
  return true
}
