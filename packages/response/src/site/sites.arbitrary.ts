import { type ResponseSpec, siteOrderOf } from '@vigil/env-wasm'
import fc from 'fast-check'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import type { SiteStreams } from './walk-sites.ts'

/** Streams of one or two sites, interleaved in any order; some threats belong to phases of an attack. */
export const anySites: fc.Arbitrary<SiteStreams> = anyStreams
  .filter(
    ({ rows, streamStarts }) => rows.length > 0 && streamStarts.every((at, i) => i === 0 || at > streamStarts[i - 1]),
  )
  .chain((streams) => {
    const count = streams.rows.length
    const streamCount = streams.streamStarts.length - 1
    return fc
      .record({
        siteOfStream: fc.array(fc.nat(1), { minLength: streamCount, maxLength: streamCount }),
        turns: fc.array(fc.nat(1000), { minLength: count, maxLength: count }),
        phases: fc.option(fc.array(fc.nat(3), { minLength: count, maxLength: count })),
      })
      .map(({ siteOfStream, turns, phases }) => {
        const streamOf = (position: number) => streams.streamStarts.findIndex((start) => start > position) - 1
        // Each stream keeps its order: the smallest turns go to its first events.
        const ordered = Float64Array.from({ length: count }, (_, position) => {
          const own = streamOf(position)
          const [start, end] = [streams.streamStarts[own], streams.streamStarts[own + 1]]
          return turns.slice(start, end).toSorted((a, b) => a - b)[position - start]
        })
        const byTime = [...ordered.keys()].sort((a, b) => ordered[a] - ordered[b] || a - b)
        const timeline = { ranks: new Uint32Array(count), sites: new Uint32Array(count) }
        for (const [rank, position] of byTime.entries()) {
          timeline.ranks[streams.rows[position]] = rank
          timeline.sites[streams.rows[position]] = siteOfStream[streamOf(position)]
        }
        const known = { ...timeline, phases: phases && Uint8Array.from(phases) }
        return { ...streams, order: siteOrderOf(streams, known, streams.labels) }
      })
  })

export const anySiteSpec: fc.Arbitrary<ResponseSpec> = fc
  .record({
    spec: anySpec,
    tickets: fc.integer({ min: 1, max: 3 }),
    alertsPerShift: fc.nat(2),
    shift: fc.integer({ min: 7, max: 12 }),
  })
  .map(({ spec, ...shared }) => ({ ...spec, layout: 'site', ...shared }))
