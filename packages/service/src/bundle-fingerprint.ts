import { hash } from 'node:crypto'
import { type Bundle, bundleFiles, readBundle, readRunFile } from '@vigil/runs'

const SETTINGS_BYTES_MAX = 2 ** 21

/** SHA-256 of bundle.json, which has those of the other files, of a run whose bundle has been read. */
export async function bundleFingerprint(run: string): Promise<string> {
  const { settings } = bundleFiles(run)
  return hash('sha256', (await readRunFile(settings, SETTINGS_BYTES_MAX)) ?? Buffer.alloc(0))
}

/**
 * The bundle of a run with its own fingerprint, also where another one takes its place meanwhile.
 *
 * @throws {VigilError} as readBundle
 */
export async function readFingerprinted(
  run: string,
): Promise<{ readonly bundle: Bundle; readonly fingerprint: string }> {
  let fingerprint = ''
  const bundle = await readBundle(run, (found) => {
    fingerprint = found
  })
  return { bundle, fingerprint }
}
