import { describe, expect, it } from 'vitest'
import { generateEvents } from './generate.ts'
import { hostColumn } from './host-columns.ts'
import { hostModel } from './host-model.ts'
import { activities, GAP_ENDS, SIZE_ENDS } from './host-phases.ts'

/** The default reward makes a restrictive action pay above this probability: 10.5 / 29. */
const THRESHOLD = 10.5 / 29

const model = hostModel()

describe('hostModel', () => {
  it('holds distributions', () => {
    const stateCount = model.initial.length
    const sums = [sumOf(model.initial)]
    for (let state = 0; state < stateCount; state++) {
      sums.push(sumOf(model.transition.subarray(state * stateCount, (state + 1) * stateCount)))
      for (const [m, emission] of model.emissions.entries()) {
        const count = model.symbolCounts[m]
        sums.push(sumOf(emission.subarray(state * count, (state + 1) * count)))
      }
    }
    for (const sum of sums) expect(sum).toBeCloseTo(1, 12)
    expect(model.symbolCounts).toEqual([activities.length, SIZE_ENDS.length - 1, GAP_ENDS.length - 1])
  })
})

describe('generateEvents', () => {
  const events = generateEvents(() => model, 1, 60_000)
  const labels = events.classes.map((index) => (index > 0 ? 1 : 0))

  it('repeats byte for byte, and differs with the seed', () => {
    expect(generateEvents(() => model, 1, 60_000)).toEqual(events)
    expect(generateEvents(() => model, 2, 60_000).activity).not.toEqual(events.activity)
  })

  it('has about a tenth threats, in every stage', () => {
    const rate = sumOf(labels) / events.rowCount
    expect(rate).toBeGreaterThan(0.08)
    expect(rate).toBeLessThan(0.13)
    expect(new Set(events.classes).size).toBe(7)
  })

  it('is neither trivial nor hopeless for the best possible decision', () => {
    const { precision, recall, f1 } = scoreAt(events.posterior, labels, THRESHOLD)
    expect(f1).toBeGreaterThan(0.93)
    expect(f1).toBeLessThan(0.97)
    // The threshold is below one half, so the best decision would rather alarm than miss.
    expect(recall).toBeGreaterThan(precision)
  })

  it('has a calibrated posterior: in every bin the mean posterior is the share of threats', () => {
    for (let bin = 0; bin < 10; bin++) {
      let rows = 0
      let threats = 0
      let expected = 0
      let variance = 0
      for (let row = 0; row < events.rowCount; row++) {
        const p = events.posterior[row]
        if (p < bin / 10 || p > (bin + 1) / 10) continue
        rows++
        threats += labels[row]
        expected += p
        variance += p * (1 - p)
      }
      expect(rows).toBeGreaterThan(50)
      // Neighbours in a stream are alike, so the deviation of independent rows is widened threefold; four of these.
      expect(Math.abs(threats - expected)).toBeLessThan(4 * 3 * Math.sqrt(variance))
    }
  })

  it('keeps events in time order within a process and links each to the one before', () => {
    const last = new Map<number, number>()
    for (let row = 0; row < events.rowCount; row++) {
      expect(events.previous[row]).toBe(last.get(events.streams[row]) ?? -1)
      last.set(events.streams[row], row)
    }
    expect(last.size).toBeGreaterThan(200)
  })

  it('draws sizes and gaps whose classes can be told from the numbers', () => {
    for (let row = 0; row < events.rowCount; row++) {
      expect(events.size[row] >= 1 && events.size[row] < SIZE_ENDS[SIZE_ENDS.length - 1]).toBe(true)
      expect(events.gapMs[row] >= GAP_ENDS[0] && events.gapMs[row] < GAP_ENDS[GAP_ENDS.length - 1]).toBe(true)
    }
  })
})

describe('hostColumn', () => {
  const events = generateEvents(() => model, 3, 2000)
  const historyNames = ['activity_1', 'activity_8', 'recent_peer', 'watched_4', 'since_watched']

  it.each([...historyNames, 'activity', 'size', 'gap_ms', 'src_port', 'object_kind'])(
    '%s looks only at the event and the ones before',
    (name) => {
      const column = valuesOf(hostColumn(events, name))
      // Everything from row 1000 on becomes another event; what was before must not move.
      const changed = {
        ...events,
        activity: events.activity.slice(),
        size: events.size.slice(),
        gapMs: events.gapMs.slice(),
      }
      for (let row = 1000; row < 2000; row++) {
        changed.activity[row] = (changed.activity[row] + 7) % activities.length
        changed.size[row] += 100
        changed.gapMs[row] += 1
      }
      const after = valuesOf(hostColumn(changed, name))
      expect(after.slice(0, 1000)).toEqual(column.slice(0, 1000))
      if (name !== 'src_port') expect(after).not.toEqual(column)
    },
  )

  it('counts what it says', () => {
    const activity = events.activity
    const watched = valuesOf(hostColumn(events, 'watched_4'))
    const peer = valuesOf(hostColumn(events, 'recent_peer'))
    const isPeer = activities.map((name) => name.endsWith(' peer'))
    for (let row = 0; row < 2000; row++) {
      const past: number[] = []
      for (let r = events.previous[row]; r >= 0 && past.length < 16; r = events.previous[r]) past.push(activity[r])
      expect(peer[row]).toBe(past.filter((code) => isPeer[code]).length)
      expect(watched[row]).toBeGreaterThanOrEqual(past.slice(0, 4).filter((code) => isPeer[code]).length)
      expect(watched[row]).toBeLessThanOrEqual(Math.min(4, past.length))
    }
  })

  it.each(['', 'activity_0', 'activity_x', 'recent_', 'recent_toString', 'watched_', 'constructor', '__proto__'])(
    'has no column %j',
    (name) => {
      expect(hostColumn(events, name)).toBeNull()
    },
  )
})

function valuesOf(column: ReturnType<typeof hostColumn>): number[] {
  if (column === null) throw new Error('no such column')
  return Array.from(column.kind === 'token' ? column.codes : column.values)
}

function sumOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0)
}

function scoreAt(posterior: Float32Array, labels: Uint8Array, threshold: number) {
  let truePositives = 0
  let alarms = 0
  for (let row = 0; row < posterior.length; row++) {
    if (posterior[row] <= threshold) continue
    alarms++
    truePositives += labels[row]
  }
  const precision = truePositives / alarms
  const recall = truePositives / sumOf(labels)
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}
