import { siteOrderOf } from '@vigil/env-wasm'
import { fillUniforms, randomStream } from '@vigil/random'
import type { ChangeModel } from './optimum/change-model.ts'
import type { SiteStreams } from './site/walk-sites.ts'
import type { Streams } from './streams.ts'

const F0 = [8, 6, 5, 4, 3, 2, 1.5, 1].map((weight) => weight / 30.5)

/** The quickest-detection game whose figures the tests know. */
export const QUICKEST_MODEL: ChangeModel = {
  hazard: 0.005,
  end: 0.02,
  benign: F0,
  hostile: F0.map((share, x) => 0.55 * share + 0.45 * F0[7 - x]),
}

/** So many streams of the game. */
export function quickestStreams(streamCount: number, seed: number, model = QUICKEST_MODEL): Streams {
  const labels: number[] = []
  const ratios: number[] = []
  const streamStarts = new Uint32Array(streamCount + 1)
  const uniforms = new Float64Array(4)
  const source = randomStream(seed, 'generatedEvent')
  for (let stream = 0; stream < streamCount; stream++) {
    let isHostile = false
    for (let event = 0, goesOn = true; goesOn; event++) {
      fillUniforms(source, [stream, event, 0], uniforms)
      isHostile ||= uniforms[0] < model.hazard
      const x = drawn(isHostile ? model.hostile : model.benign, uniforms[1])
      labels.push(isHostile ? 1 : 0)
      ratios.push(model.hostile[x] / model.benign[x])
      goesOn = uniforms[2] >= model.end
    }
    streamStarts[stream + 1] = labels.length
  }
  return {
    rows: Uint32Array.from(labels, (_, row) => row),
    streamStarts,
    labels: Uint8Array.from(labels),
    ratios: Float32Array.from(ratios),
    hazard: model.hazard,
    damage: null,
  }
}

/** So many streams of the game that take turns at a site, so many at a time. */
export function quickestSite(
  streamCount: number,
  seed: number,
  { beside, ...model }: ChangeModel & { readonly beside: number },
): SiteStreams {
  const streams = quickestStreams(streamCount, seed, model)
  const { rows, streamStarts, labels } = streams
  const uniforms = new Float64Array(4)
  const source = randomStream(seed, 'generatedStream')
  const ranks = new Uint32Array(rows.length)
  const open: number[] = []
  const next = streamStarts.slice()
  for (let rank = 0, begun = 0; rank < rows.length; rank++) {
    while (open.length < beside && begun < streamCount) open.push(begun++)
    fillUniforms(source, [rank, 0, 0], uniforms)
    const turn = Math.floor(uniforms[0] * open.length)
    const stream = open[turn]
    ranks[next[stream]++] = rank
    if (next[stream] === streamStarts[stream + 1]) open.splice(turn, 1)
  }
  const timeline = { ranks, sites: new Uint32Array(rows.length), phases: null }
  return { ...streams, order: siteOrderOf(streams, timeline, labels) }
}

/** Some of the streams, from one number to before another; rows stay those of the whole. */
export function partOf(streams: Streams, from: number, to: number): Streams {
  const [start, end] = [streams.streamStarts[from], streams.streamStarts[to]]
  return {
    ...streams,
    rows: streams.rows.slice(start, end),
    streamStarts: streams.streamStarts.slice(from, to + 1).map((position) => position - start),
  }
}

function drawn(shares: readonly number[], uniform: number): number {
  let sum = 0
  const found = shares.findIndex((share) => {
    sum += share
    return uniform < sum
  })
  return found < 0 ? shares.length - 1 : found
}

/** Mean and standard error. */
export function meanOf(values: Float64Array): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, error: Math.sqrt(variance / values.length) }
}
