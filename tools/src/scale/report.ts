import { formatCounted } from '@vigil/command-line'
import { type Bend, collectionMs, type Scale, type ScaleFigures } from './model.ts'

/** Collections by processes on this machine. */
type Collections = readonly {
  readonly processes: number
  readonly collectionMs: number
  readonly modelMs: number
}[]

/** What tools:scale prints. */
export type ScaleReport = {
  readonly figures: ScaleFigures
  /** of this machine, which the measured processes share with the learner */
  readonly cores: number
  readonly rowsPerIteration: number
  readonly scale: Scale
  readonly loopback: Collections
  /** over a line like the network; null = not measured */
  readonly line: Collections | null
}

const WHY: Readonly<Record<Bend, string>> = {
  shards: 'a collection has no more shards; raise --shards',
  learner: "the learner's thread that takes shards in is busy all the time",
  network: "the learner's network is full",
  weights: 'to hand out the weights to one more takes as long as it saves',
}

/** The report as text. */
export function scaleText(report: ScaleReport): string {
  const { figures, cores, loopback, line, scale } = report
  const { needed, useful, bend } = scale
  return [
    ...figuresText(figures),
    '',
    `${formatCounted(cores, 'core')}, shared by the processes and the learner:`,
    `processes over        ${columns('measured', 'model', 'error')}`,
    ...rowsText('the loopback', loopback, report),
    ...rowsText('the line', line ?? [], report),
    '',
    'the model for hosts with cores of their own, under --staleness=1:',
    `${'actors'.padStart(9)}${columns('a collection', 'training', 'waits')}`,
    ...outlook(report),
    '',
    needed === null
      ? 'no number of actors keeps this learner busy: a collection always takes longer than an update'
      : `this learner is busy from ${formatCounted(needed, 'actor core')} on`,
    `no more than ${useful} help: ${WHY[bend]}`,
    '',
  ].join('\n')
}

function figuresText(figures: ScaleFigures): string[] {
  const { shards, actorMs, learnerMs, startMs, hostMs, shardBytes, stateBytes, policyBytes, updateMs } = figures
  return [
    `a collection: ${shards} shards of ${ms(actorMs)} on an actor and ${ms(learnerMs)} in the learner's thread`,
    `  results of ${size(shardBytes)} by ${formatCounted(figures.shardAsks, 'question')}, states of ${size(stateBytes)}`,
    `  weights of ${size(policyBytes)}, ${ms(startMs)} until work begins and ${ms(hostMs)} there for each host`,
    `an update: ${ms(updateMs)}`,
    `the network: ${ms(figures.delayMs)} one way, ${figures.bandwidth / 1e6} Mbit/s in each direction`,
  ]
}

function rowsText(name: string, rows: Collections, { rowsPerIteration }: ScaleReport): string[] {
  return rows.map(({ processes, collectionMs: measuredMs, modelMs }) => {
    // Of the rate: above 0 where the model promises more than was measured.
    const error = `${(100 * (measuredMs / modelMs - 1)).toFixed(0)} %`
    const rates = columns(rate(rowsPerIteration, measuredMs), rate(rowsPerIteration, modelMs), error)
    return `${String(processes).padStart(9)} ${name.padEnd(12)}${rates}`
  })
}

/** By powers of two, and as many actors as there are shards: a collection, the steps of a training, and the share of the time that its learner waits. */
function outlook({ figures, rowsPerIteration }: ScaleReport): string[] {
  const { shards, updateMs } = figures
  const counts = Array.from({ length: 11 }, (_, i) => 2 ** i).filter((count) => count < shards)
  return [...counts, shards].map((actors) => {
    const collection = collectionMs(figures, actors)
    const iteration = Math.max(collection, updateMs)
    const waits = `${(100 * (1 - updateMs / iteration)).toFixed(0)} %`
    return `${String(actors).padStart(9)}${columns(ms(collection), rate(rowsPerIteration, iteration), waits)}`
  })
}

function columns(first: string, second: string, third: string): string {
  return `${first.padStart(16)}${second.padStart(16)}${third.padStart(10)}`
}

function ms(time: number): string {
  return `${time < 10 ? time.toFixed(2) : time.toFixed(0)} ms`
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function rate(rows: number, time: number): string {
  return `${Math.round(rows / time)} k steps/s`
}
