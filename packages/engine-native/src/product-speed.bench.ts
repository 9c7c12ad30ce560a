/**
 * GFLOP/s of the matrix products of an update on one core, beside what the processor's multiply-adds allow, for each family
 * of instructions that this processor has.
 *
 *   node packages/engine-native/src/product-speed.bench.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileEach } from './addon/compile.ts'
import { loadNativeKernels } from './native-kernels.ts'

const native = loadNativeKernels()
if (typeof native === 'string') throw new Error(`there is no native engine: ${native}`)
const folder = mkdtempSync(join(tmpdir(), 'vigil-product-speed-'))
try {
  const programs = compileEach(process.env.CC ?? 'cc', folder, ['product-speed'], ['-Wno-unused-function', '-lm'])
  if (typeof programs === 'string') throw new Error(programs)
  for (const family of native.families) {
    const program = programs.find((file) => file.toLowerCase().endsWith(family.replace('-c', '')))!
    const { stdout } = spawnSync(program, { encoding: 'utf8' })
    const { peak, products } = JSON.parse(stdout) as { readonly peak: number; readonly products: number }
    const share = Math.round((100 * products) / peak)
    console.log(`${family}: ${products} of ${peak} GFLOP/s, ${share} %`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
