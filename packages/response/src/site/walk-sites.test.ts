import { DEFAULT_RESPONSE, type ResponseSpec, siteOrderOf } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clairvoyantReturns } from '../bounds/clairvoyant.ts'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import { ALERT, ALLOW, BLOCK, ENTRY, QUARANTINE, walk } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { anySiteSpec, anySites } from './sites.arbitrary.ts'
import { type SiteStep, type SiteStreams, walkSites } from './walk-sites.ts'

const SPEC: ResponseSpec = { ...DEFAULT_RESPONSE, layout: 'site', analystDelay: 2 }

/** Events [stream, label, phase] of one site in the order of time. */
function siteOf(events: readonly (readonly [number, number, number?])[]): SiteStreams {
  const streamCount = 1 + Math.max(...events.map(([stream]) => stream))
  const byStream = Array.from({ length: streamCount }, (_, stream) =>
    events.flatMap(([own], row) => (own === stream ? [row] : [])),
  )
  const streams = {
    rows: Uint32Array.from(byStream.flat()),
    streamStarts: Uint32Array.from([0, ...byStream.map((_, i) => byStream.slice(0, i + 1).flat().length)]),
    labels: Uint8Array.from(events, ([, label]) => label),
    ratios: null,
    hazard: 0,
    damage: null,
  }
  const timeline = {
    ranks: Uint32Array.from(events.keys()),
    sites: new Uint32Array(events.length),
    phases: Uint8Array.from(events, ([, , phase]) => phase ?? 0),
  }
  return { ...streams, order: siteOrderOf(streams, timeline, streams.labels) }
}

/** What happened, by row: [row, action], and the ledgers. */
function played(streams: SiteStreams, spec: ResponseSpec, actionAt: (row: number) => number) {
  const steps: SiteStep[] = []
  const policy = ({ row }: { readonly row: number }) => actionAt(row)
  const { ledgers } = walkSites(streams, { spec, seed: 1 }, policy, (step) => steps.push(step))
  const ledgerOf = (stream: number) => ledgers.subarray(8 * stream, 8 * stream + 8)
  return { rows: steps.map(({ view }) => view.row), steps, ledgerOf }
}

describe('a site', () => {
  it('of a single stream is that stream', () => {
    fc.assert(
      fc.property(anyStreams, anySpec, fc.nat(7), fc.nat(100), (streams, anyCosts, salt, seed) => {
        fc.pre(streams.rows.length > 0)
        const spec: ResponseSpec = { ...anyCosts, block: 'fail-soft' }
        const policy = ({ position }: { readonly position: number }) =>
          [ALLOW, BLOCK, ALERT, ALLOW, ALERT, QUARANTINE, ALLOW][(position * 5 + salt) % 7]
        const timeline = {
          ranks: Uint32Array.from(streams.labels.keys()),
          sites: new Uint32Array(streams.labels.length),
          phases: null,
        }
        for (let stream = 0; stream + 1 < streams.streamStarts.length; stream++) {
          const rows = streams.rows.subarray(streams.streamStarts[stream], streams.streamStarts[stream + 1])
          if (rows.length === 0) continue
          const own = { ...streams, rows, streamStarts: Uint32Array.of(0, rows.length) }
          for (const [rank, row] of rows.entries()) timeline.ranks[row] = rank
          const order = siteOrderOf(own, timeline, own.labels)
          const found: SiteStep[] = []
          walkSites({ ...own, order }, { spec: { ...spec, layout: 'site' }, seed }, policy, (step) => found.push(step))
          const { steps } = walk(own, 0, { spec, seed }, policy)
          expect(found.map(({ view: { site: _, ...view }, action }) => ({ view, action }))).toEqual(
            steps.map(({ view, action }) => ({ view, action })),
          )
          for (const [i, { reward }] of steps.entries()) expect(found[i].reward).toBeCloseTo(reward, 9)
        }
      }),
    )
  })

  it('has rewards that sum to its ledgers, and decides no event twice or after its stream is over', () => {
    fc.assert(
      fc.property(anySites, anySiteSpec, fc.nat(10), (streams, spec, salt) => {
        const steps: SiteStep[] = []
        const policy = ({ position, age }: { readonly position: number; readonly age: number }) =>
          [0, 3, 0, 1, 3, 3, 2][(position * 5 + age + salt) % 7]
        const settings = { spec, seed: 3 }
        const { ledgers } = walkSites(streams, settings, policy, (step) => steps.push(step))
        const { returns, falselyContained, benignContained } = walkAll(streams, settings, policy)
        const falsely = steps.filter(({ isFalselyContained }) => isFalselyContained)
        expect(falselyContained).toBe(falsely.length)
        const hostile = new Set(
          [...streams.rows.entries()].flatMap(([at, row]) =>
            streams.labels[row] === 1 ? [streams.order.streams[at]] : [],
          ),
        )
        expect(benignContained).toBe(falsely.filter(({ view }) => !hostile.has(view.site!.stream)).length)
        const over = new Set<number>()
        const paid = new Float64Array(returns.length)
        for (const { view, reward, isOver } of steps) {
          const { stream } = view.site!
          expect(over.has(stream)).toBe(false)
          if (isOver) over.add(stream)
          paid[stream] += reward
        }
        for (const [stream, sum] of returns.entries()) {
          expect(paid[stream]).toBeCloseTo(sum, 9)
          const entries = ledgers.subarray(8 * stream, 8 * stream + 8)
          expect(entries.reduce((total, entry) => total + entry, 0)).toBeCloseTo(sum, 9)
        }
      }),
    )
  })

  it('never pays a stream more than the best of it in hindsight', () => {
    fc.assert(
      fc.property(anySites, anySiteSpec, fc.nat(10), (streams, spec, salt) => {
        const settings = { spec, seed: 3 }
        const policy = ({ position, age }: { readonly position: number; readonly age: number }) =>
          [0, 3, 2, 1, 0, 3, 0][(position * 3 + age + salt) % 7]
        const { returns } = walkAll(streams, settings, policy)
        const bounds = clairvoyantReturns(streams, settings)
        for (const [stream, own] of returns.entries()) expect(own).toBeLessThanOrEqual(bounds[stream] + 1e-9)
      }),
    )
  })
})

describe('tickets', () => {
  it('are shared: an alert while the analyst is busy is paid and lost', () => {
    // Streams 0 and 1 both turn hostile. The only ticket goes to stream 0, whose verdict comes at its event in row 4.
    const site = siteOf([
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
      [1, 1],
    ])
    const { rows, ledgerOf } = played(site, SPEC, (row) => (row <= 1 ? ALERT : ALLOW))
    expect(rows).toEqual([0, 1, 2, 3, 5, 6])
    expect(ledgerOf(0)[ENTRY.containment]).toBe(-2)
    expect(ledgerOf(1)[ENTRY.containment]).toBe(0)
    expect(ledgerOf(1)[ENTRY.alerts]).toBe(-1)
    const both = played(site, { ...SPEC, tickets: 2 }, (row) => (row <= 1 ? ALERT : ALLOW))
    expect(both.rows).toEqual([0, 1, 2, 3])
  })

  it('fall due by the clock of the site, whatever is cut off meanwhile', () => {
    // Stream 1 is quarantined at once. Its cut-off events pass, so that the verdict on stream 0 comes with row 4 all the same.
    const events = [
      [1, 1],
      [0, 1],
      [1, 1],
      [1, 1],
      [0, 1],
    ] as const
    const { rows, steps } = played(siteOf(events), SPEC, (row) => (row === 0 ? QUARANTINE : row === 1 ? ALERT : ALLOW))
    expect(rows).toEqual([0, 1])
    expect(steps.map(({ isOver }) => isOver)).toEqual([true, true])
  })

  it('are free again after a quarantine of their stream, and where it ends', () => {
    const site = siteOf([
      [0, 0],
      [0, 0],
      [1, 1],
      [2, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ])
    const isHeard = (actionAt: (row: number) => number) =>
      played(site, { ...SPEC, analystDelay: 9 }, actionAt).steps.map(({ view }) => view.site!.isHeard)
    expect(isHeard((row) => (row === 0 ? ALERT : row === 1 ? QUARANTINE : ALLOW))).toEqual([
      true,
      false,
      true,
      true,
      true,
      true,
      true,
    ])
    expect(isHeard((row) => (row <= 1 || row === 3 ? ALERT : ALLOW))).toEqual([
      true,
      false,
      true,
      true,
      true,
      true,
      true,
    ])
  })

  it('are only for so many alerts in a shift; the next shift begins anew', () => {
    const site = siteOf(Array.from({ length: 12 }, (_, row) => [row % 3, row < 3 ? 0 : 1]))
    const spec: ResponseSpec = { ...SPEC, tickets: 3, analystDelay: 1, alertsPerShift: 1, shift: 6 }
    const { steps } = played(site, spec, (row) => (row === 0 || row === 1 || row === 6 ? ALERT : ALLOW))
    expect(steps.slice(0, 8).map(({ view }) => view.site!.alerts)).toEqual([0, 1, 2, 2, 2, 2, 0, 1])
    expect(steps.find(({ view }) => view.row === 1)?.view.site?.isHeard).toBe(false)
    expect(steps.find(({ view }) => view.row === 6)?.view.site?.isHeard).toBe(true)
    // The alerts of rows 0 and 6 are heard: stream 0 is contained by the verdict on row 6 alone, due at tick 8.
    expect(steps.map(({ view }) => view.row)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11])
  })
})

describe('a later phase', () => {
  // Host 0 is scanned and gets a shell; from there host 1 is attacked, phase 3; host 2 is scanned besides.
  const events = [
    [0, 1, 1],
    [2, 1, 1],
    [0, 1, 2],
    [1, 0],
    [0, 0],
    [1, 1, 3],
    [1, 0],
    [2, 0],
  ] as const

  it('does not happen where everything that saw the earlier one was contained before', () => {
    expect(played(siteOf(events), SPEC, () => ALLOW).rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const contained = played(siteOf(events), SPEC, (row) => (row === 4 ? QUARANTINE : ALLOW))
    expect(contained.rows).toEqual([0, 1, 2, 3, 4, 6, 7])
    expect(contained.ledgerOf(1)[ENTRY.damage]).toBeCloseTo(0)
  })

  it('happens while one stream that saw it is left, or where the containment comes too late', () => {
    const scanned = played(siteOf(events), SPEC, (row) => (row === 1 ? QUARANTINE : ALLOW))
    expect(scanned.rows).toEqual([0, 1, 2, 3, 4, 5, 6])
    const late = siteOf([...events.slice(0, 4), events[5], events[4], events[6]])
    expect(played(late, SPEC, (row) => (row === 5 ? QUARANTINE : ALLOW)).rows).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('hangs on what happened, not on what the recording shows: one cut-off phase cuts off the next', () => {
    const { rows } = played(siteOf(events), SPEC, (row) => (row === 0 || row === 1 ? QUARANTINE : ALLOW))
    // Neither the shell nor what follows from it.
    expect(rows).toEqual([0, 1, 3, 6])
  })
})
