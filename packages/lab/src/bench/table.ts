import { borderlessTable, type TableStyle } from '@vigil/command-line'
import pc from 'picocolors'
import type { BenchCase } from './cases.ts'
import type { CaseResult, Measurement } from './measure.ts'
import type { PeerComparison } from './measure-peer.ts'

/** A case with its result, or with the reason why there is none. */
export type BenchOutcome =
  | { readonly case: BenchCase; readonly result: CaseResult }
  | { readonly case: BenchCase; readonly failure: string }

const COLUMNS = ['what', 'on', 'by', 'threads', 'per second', 'median', 'GFLOP/s', 'of roofline', 'median', 'peak MiB']

/** What a case showed, line by line, for who does not wait for the table. */
export function caseLines(outcome: BenchOutcome): string[] {
  if ('failure' in outcome) return [`not measured: ${outcome.failure}`]
  const { measurements, timeToF1, peers } = outcome.result
  return [
    ...measurements.map(({ what, perSecond, unit }) => `${what}: ${rounded(perSecond.best)} ${unit} per second`),
    ...peers.map(peerLine),
    ...(timeToF1 === null ? [] : [timeLine(timeToF1)]),
  ]
}

/** The suite's table for a person. Ends with a newline. */
export function benchTable(outcomes: readonly BenchOutcome[], style: TableStyle): string {
  const colors = pc.createColors(style.isTTY && !style.environment.NO_COLOR)
  const table = borderlessTable({ text: 3, numbers: COLUMNS.length - 3 })
  table.push(COLUMNS.map((heading) => colors.dim(heading)))
  const lines: string[] = []
  for (const outcome of outcomes) {
    if ('failure' in outcome) {
      lines.push(colors.yellow(`Not measured: ${JSON.stringify(outcome.case)}: ${outcome.failure}`))
      continue
    }
    const { measurements, peakMemoryMiB, outside, timeToF1, peers } = outcome.result
    for (const measurement of measurements) table.push(cellsOf(measurement, peakMemoryMiB))
    if (outside !== null) lines.push(outsideLine(measurements[0], outside))
    lines.push(...peers.map(peerLine))
    if (timeToF1 !== null) lines.push(timeLine(timeToF1))
  }
  lines.push(...comparisons(outcomes))
  const text = table.toString().replace(/ +$/gm, '')
  return [...(table.length > 1 ? [text, ''] : []), ...lines, ''].join('\n')
}

function cellsOf({ what, workload, device, threads, perSecond, gflops, roofline, unit }: Measurement, peakMiB: number) {
  const share = (own: number, limit: number) => `${((100 * own) / limit).toFixed(0)} %`
  return [
    what,
    workload,
    device,
    String(threads),
    `${rounded(perSecond.best)} ${unit === 'rows' ? 'rows' : 'steps'}`,
    rounded(perSecond.median),
    gflops === null ? '' : gflops.best.toFixed(1),
    gflops === null || roofline === null ? '' : `${share(gflops.best, roofline.best)} of ${roofline.best.toFixed(0)}`,
    gflops === null || roofline === null ? '' : share(gflops.median, roofline.median),
    peakMiB.toFixed(0),
  ]
}

function peerLine({ workload, device, peer, own, other, ratio }: PeerComparison): string {
  const { least, median, most } = ratio
  const rates = `${rounded(own)} against ${rounded(other)} steps per second at best`
  const spread = `median of the rounds, ${least.toFixed(2)} to ${most.toFixed(2)}`
  return `${workload}, ${device} against ${peer}: ${median.toFixed(2)} x (${spread}), ${rates}`
}

function outsideLine({ workload, device, threads }: Measurement, outside: number): string {
  return `${workload}, ${device}, threads ${threads}: ${(100 * outside).toFixed(1)} % of an iteration outside update and rollout`
}

function timeLine({ seed, seconds, envSteps }: NonNullable<CaseResult['timeToF1']>): string {
  const steps = `${rounded(envSteps)} environment steps`
  const time = seconds === null ? `not reached in ${steps}` : `${seconds.toFixed(2)} s, ${steps}`
  return `DARPA TC behaviour, seed ${seed}: validation F1 0.90 ${seconds === null ? '' : 'after '}${time}`
}

/** What follows from two lines of the table. */
function comparisons(outcomes: readonly BenchOutcome[]): string[] {
  const measured = (what: string, fits: (benchCase: BenchCase) => boolean) => {
    const found = outcomes.find((outcome) => fits(outcome.case))
    if (found === undefined || 'failure' in found) return null
    const measurement = found.result.measurements.find((one) => one.what === what)
    return measurement === undefined ? null : { ...measurement, rewardMean: found.result.rewardMean }
  }
  const training = (workload: string, settings: object) => (benchCase: BenchCase) =>
    benchCase.kind === 'training' &&
    benchCase.workload === workload &&
    Object.entries(settings).every(([key, value]) => Reflect.get(benchCase.change, key) === value)
  const lines: string[] = []
  const compare = (name: string, one: Measurement | null, other: Measurement | null) => {
    if (one === null || other === null) return
    const [best, median] = [one.perSecond.best / other.perSecond.best, one.perSecond.median / other.perSecond.median]
    lines.push(`${name}: ${best.toFixed(2)} x (medians ${median.toFixed(2)} x)`)
  }
  const on = (threads: number) => training('dense', { engine: 'portable', engineThreads: threads })
  compare('Update, two threads against one', measured('update', on(2)), measured('update', on(1)))
  const recipe = measured('end to end', training('recipe', {}))
  const oneHot = measured('end to end', training('recipe-one-hot', {}))
  compare('Categories as indices against one-hot inputs, end to end', recipe, oneHot)
  if (recipe !== null && oneHot !== null) {
    const rewards = [recipe, oneHot].map(({ rewardMean }) => rewardMean!.last.toFixed(3))
    lines.push(`  mean reward in their last iterations: ${rewards.join(' and ')}`)
  }
  const backend = (name: string) => measured('update', training('dense', { backend: name }))
  compare('TF.js tensorflow against wasm, updates', backend('tensorflow'), backend('wasm'))
  return lines
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
