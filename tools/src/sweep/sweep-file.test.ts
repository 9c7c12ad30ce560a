import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configFingerprint, resolveConfig } from '@vigil/config'
import { expect, it } from 'vitest'
import type { Options } from './options.ts'
import { assertSweepFolder, sweepOf, writeSweep } from './sweep-file.ts'

it('a sweep goes on in its own folder, and not in that of one whose first trial was drawn', async () => {
  const out = mkdtempSync(join(tmpdir(), 'vigil-sweep-file-'))
  const base = resolveConfig({ seed: 4 }, 'test')
  const own = { method: 'random', seeds: [1], sweepSeed: 1 } as const
  const options: Options = { ...own, ...{ space: null, trials: 2, eta: 3, batch: 4, parallel: 1, out, words: [] } }
  try {
    await writeSweep(out, sweepOf({ outcomes: [], isWhole: false }, options, [], base))
    await assertSweepFolder(options, [], base)
    // As versions wrote it that had no unvaried trial.
    const relevant = { ...own, space: [], base: configFingerprint({ ...base, seed: 0 }) }
    const sweepSha256 = createHash('sha256').update(JSON.stringify(relevant)).digest('hex')
    writeFileSync(join(out, 'sweep.json'), JSON.stringify({ sweepSha256 }))
    await expect(assertSweepFolder(options, [], base)).rejects.toThrow(/holds another sweep: .* an earlier Vigil/)
  } finally {
    rmSync(out, { recursive: true })
  }
})
