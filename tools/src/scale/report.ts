import { formatCounted } from '@vigil/command-line'
import type { Bend, Scale, ScaleFigures } from './model.ts'

/** What tools:scale prints. */
export type ScaleReport = {
  readonly figures: ScaleFigures
  /** of this machine, which the measured processes share with the learner */
  readonly cores: number
  readonly rowsPerIteration: number
  readonly scale: Scale
  readonly collections: readonly {
    readonly processes: number
    readonly collectionMs: number
    readonly modelMs: number
  }[]
}

const WHY: Readonly<Record<Bend, string>> = {
  shards: 'a collection has no more shards; raise --shards',
  learner: "the learner's thread that takes shards in is busy all the time",
  network: "the learner's network is full",
}

/** The report as text. */
export function scaleText({ figures, cores, rowsPerIteration, scale, collections }: ScaleReport): string {
  const { shards, actorMs, learnerMs, startMs, hostMs, shardBytes, policyBytes, updateMs } = figures
  const { needed, limits, bend } = scale
  const ms = (time: number) => `${time < 10 ? time.toFixed(2) : time.toFixed(0)} ms`
  const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)
  const rate = (time: number) => `${Math.round(rowsPerIteration / time)} k steps/s`.padStart(14)
  const rows = collections.map(({ processes, collectionMs, modelMs }) => {
    // Of the rate: above 0 where the model promises more than was measured.
    const error = `${(100 * (collectionMs / modelMs - 1)).toFixed(0)} %`.padStart(10)
    return `${String(processes).padStart(9)}${rate(collectionMs)}${rate(modelMs)}${error}`
  })
  return [
    `a collection: ${shards} shards of ${ms(actorMs)} on an actor and ${ms(learnerMs)} in the learner's thread, ${size(shardBytes)} each; weights of ${size(policyBytes)}, ${ms(startMs)} until work begins and ${ms(hostMs)} there for each host`,
    `an update: ${ms(updateMs)}`,
    '',
    `${formatCounted(cores, 'core')}, shared by the processes and the learner:`,
    'processes      measured         model     error',
    ...rows,
    '',
    needed === null
      ? 'no number of actors keeps this learner busy: handing out the weights takes longer than an update'
      : `${needed.toFixed(1)} actor cores keep this learner busy (--staleness=1)`,
    `no more than ${Math.floor(limits[bend])} help: ${WHY[bend]}`,
    '',
  ].join('\n')
}
