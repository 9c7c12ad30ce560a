/**
 * A thread that evaluates formulas on signals of given lengths and tells how often blocks of this folder's files ran, as V8 counts
 * them for coverage: the work, whatever the machine. V8 counts blocks only of what it compiles after it was told to.
 */
import { type Profiler, Session } from 'node:inspector/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** A formula and how many changes its signal `x` has. */
export type Work = { readonly text: string; readonly length: number }

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
const { compile } = await import('../program/compile.ts')
const { denseRobustness } = await import('./dense-robustness.ts')

const counts: number[] = []
for (const { text, length } of workerData as readonly Work[]) {
  const x = Array.from({ length }, (_, i): [number, number] => [i / 8, Math.sin(i)])
  const program = compile(text, { time: 'dense' })
  await session.post('Profiler.takePreciseCoverage')
  denseRobustness(program, { x })
  counts.push(blocksOf((await session.post('Profiler.takePreciseCoverage')).result))
}
parentPort!.postMessage(counts)

function blocksOf(scripts: readonly Profiler.ScriptCoverage[]): number {
  return scripts
    .filter(({ url }) => url.includes('/stl/src/dense/') && url !== import.meta.url)
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0)
}
