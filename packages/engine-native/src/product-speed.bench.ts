/**
 * GFLOP/s of the matrix products of an update on one core, beside what the processor's multiply-adds allow, for each family
 * of instructions that this processor has; and how many times as many multiply-adds two programs do at once as one: the most
 * that a second thread can bring on this machine.
 *
 *   node packages/engine-native/src/product-speed.bench.ts
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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
    const [one, two] = [await steadyRate(program, 1), await steadyRate(program, 2)]
    const times = (two / one).toFixed(2)
    console.log(`${family}: ${products} of ${peak} GFLOP/s, ${share} %; two at once ${times} times one`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** Multiply-adds alone: GFLOP/s of so many programs at once. */
async function steadyRate(program: string, count: number): Promise<number> {
  const running = Array.from({ length: count }, () => promisify(execFile)(program, ['steady']))
  const rates = (await Promise.all(running)).map(
    ({ stdout }) => (JSON.parse(stdout) as { readonly steady: number }).steady,
  )
  return rates.reduce((sum, rate) => sum + rate)
}
