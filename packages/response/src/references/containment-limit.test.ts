import { describe, expect, it } from 'vitest'
import type { Streams } from '../streams.ts'
import { containmentLimitOf, streamsToShow } from './containment-limit.ts'

/** So many streams of one event without a threat, and as many of two with one. */
function streamsOf(benign: number, hostile = 0): Streams {
  const labels = [...Array<number>(benign).fill(0), ...Array.from({ length: hostile }, () => [0, 1]).flat()]
  const streamStarts = [...Array(benign + 1).keys(), ...Array.from({ length: hostile }, (_, i) => benign + 2 * (i + 1))]
  return {
    rows: Uint32Array.from(labels.keys()),
    streamStarts: Uint32Array.from(streamStarts),
    labels: Uint8Array.from(labels),
    ...{ ratios: null, hazard: 0, damage: null },
  }
}

describe('containmentLimitOf', () => {
  // The sample sizes of 95/95 acceptance: so many trials with so many failures show at most 5 % (Wilks 1941).
  it.each([
    [93, 1],
    [124, 2],
    [153, 3],
    [181, 4],
    [208, 5],
    [311, 9],
  ])('%d streams allow %d false containments at 5 %%, and one stream less one fewer', (benign, allowed) => {
    expect(containmentLimitOf(streamsOf(benign), 0.05)).toEqual({ max: 0.05, benign, allowed, isShown: true })
    expect(containmentLimitOf(streamsOf(benign - 1), 0.05).allowed).toBe(allowed - 1)
  })

  it('counts streams without a threat alone', () => {
    expect(containmentLimitOf(streamsOf(93, 40), 0.05)).toEqual({ max: 0.05, benign: 93, allowed: 1, isShown: true })
  })

  it.each([0, 1, 20, 58])('allows none of %d streams at 5 %%, which show nothing', (benign) => {
    expect(containmentLimitOf(streamsOf(benign), 0.05)).toMatchObject({ allowed: 0, isShown: false })
  })

  // 0.95^59 = 4.8 %, 0.95^58 = 5.1 %; 0.9^29 = 4.7 %, 0.9^28 = 5.2 %.
  it.each([
    [0.05, 59],
    [0.1, 29],
  ])('at %d shows the share from %d streams on, of which none is contained', (max, benign) => {
    expect(streamsToShow(max)).toBe(benign)
    expect(containmentLimitOf(streamsOf(benign), max)).toMatchObject({ allowed: 0, isShown: true })
    expect(containmentLimitOf(streamsOf(benign - 1), max)).toMatchObject({ allowed: 0, isShown: false })
  })
})
