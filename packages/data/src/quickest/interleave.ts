import { fillUniforms, randomStream } from '@vigil/random'
import type { Dataset, SiteTimeline } from '../dataset.ts'

/** Last counter word of the draws; those of the events have 0. */
const DRAW_TURN = 1

/**
 * One site of each part: so many streams take turns, each event being any one's; where one ends, the part's next begins. With the
 * last ones there are fewer.
 *
 * @param rowCount N
 * @param beside   streams at a time
 */
export function interleaved(
  splits: Dataset['splits'],
  { seed, rowCount, beside }: { readonly seed: number; readonly rowCount: number; readonly beside: number },
): SiteTimeline {
  const random = randomStream(seed, 'generatedEvent')
  const draw = new Float64Array(4)
  const ranks = new Uint32Array(rowCount)
  let rank = 0
  for (const { rows, streamStarts } of [splits.train, splits.validation, splits.test]) {
    const streamCount = streamStarts.length - 1
    let begun = Math.min(beside, streamCount)
    const open = Array.from({ length: begun }, (_, stream) => ({
      at: streamStarts[stream],
      end: streamStarts[stream + 1],
    }))
    while (open.length > 0) {
      fillUniforms(random, [rank, 0, DRAW_TURN], draw)
      const turn = Math.floor(draw[0] * open.length)
      const stream = open[turn]
      ranks[rows[stream.at++]] = rank++
      if (stream.at < stream.end) continue
      if (begun < streamCount) open[turn] = { at: streamStarts[begun], end: streamStarts[++begun] }
      else open.splice(turn, 1)
    }
  }
  return { ranks, sites: new Uint32Array(rowCount), phases: null }
}
