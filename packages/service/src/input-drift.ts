import type { FittedColumn } from '@vigil/features'
import { isDense } from '@vigil/features'
import { denseBin, type InputReference } from '@vigil/runs'
import { serviceError } from './errors.ts'
import type { LiveTeam } from './live-team.ts'

/** How what comes differs from what the team learnt from, in one input. */
export type InputDrift = {
  readonly input: string
  /** the column or feature of the past that it is made of */
  readonly source: string
  /** population stability index: sum over bins of (live - usual) ln(live / usual) */
  readonly psi: number
  /** what it would be on average without any drift, of so many events */
  readonly noise: number
  /** share of events with an unknown category, live and in training; null of dense inputs */
  readonly unknown: { readonly live: number; readonly training: number } | null
}

/** Counts the inputs of events. */
export type InputCounts = {
  /** The first rows of a team. */
  take(team: Pick<LiveTeam, 'x' | 'denseCount' | 'contextCount' | 'categories'>, rows: number): void
  /** Events that the report is of: the latest, between half a window and a whole one once so many have come. */
  readonly events: number
  /** From the greatest index down. */
  report(): InputDrift[]
  save(): KeptCounts
  /** Goes on from what counts of the same bundle and window have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptCounts): void
}

/** What is known of the latest events: of the half window that goes on, and of the one before. */
export type KeptCounts = {
  readonly now: number
  readonly before: number
  /** by input, by bin */
  readonly inputs: readonly { readonly now: readonly number[]; readonly before: readonly number[] }[]
}

/** Added to each bin, so that an empty one has a share. */
const SMOOTHING = 0.5

type Counted = {
  readonly name: string
  readonly source: string
  readonly isCategorical: boolean
  readonly training: readonly number[]
  /** of the half window that goes on, and of the one before */
  readonly now: Uint32Array
  readonly before: Uint32Array
}

/** @param window most events that a report is of */
export function createInputCounts(
  reference: InputReference,
  columns: readonly FittedColumn[],
  window: number,
): InputCounts {
  const half = Math.max(1, Math.floor(window / 2))
  const counted = countedOf(reference, columns)
  const dense = counted.filter(({ isCategorical }) => !isCategorical)
  const categorical = counted.filter(({ isCategorical }) => isCategorical)
  const edges = reference.dense.map((own) => Float32Array.from(own.edges))
  const places = reference.categorical.map(({ categories }) => placesOf(categories))
  let [now, before] = [0, 0]

  function turn(): void {
    for (const one of counted) {
      one.before.set(one.now)
      one.now.fill(0)
    }
    before = now
    now = 0
  }

  return {
    take({ x, denseCount, contextCount, categories }, rows) {
      const stride = denseCount + contextCount
      for (let row = 0; row < rows; row++) {
        for (let d = 0; d < dense.length; d++) dense[d].now[denseBin(edges[d], x[row * stride + d])]++
        for (let c = 0; c < categorical.length; c++) {
          const category = categories[row * categorical.length + c]
          const { bins, others } = places[c]
          categorical[c].now[category < bins.length ? bins[category] : others]++
        }
        now++
        if (now === half) turn()
      }
    },
    save: () => ({
      ...{ now, before },
      inputs: counted.map((one) => ({ now: [...one.now], before: [...one.before] })),
    }),
    restore(kept) {
      assertOwn(kept, { counted, half })
      now = kept.now
      before = kept.before
      for (const [i, own] of kept.inputs.entries()) {
        counted[i].now.set(own.now)
        counted[i].before.set(own.before)
      }
    },
    get events() {
      return now + before
    },
    report() {
      const events = now + before
      return counted
        .map(({ name, source, isCategorical, training, now: latest, before: earlier }) => {
          const live = training.map((_, bin) => latest[bin] + earlier[bin])
          const unknown = { live: live[0] / Math.max(1, events), training: training[0] / Math.max(1, reference.rows) }
          return {
            ...{ input: name, source, psi: stabilityIndex(live, training) },
            noise: (training.length - 1) * (1 / Math.max(1, events) + 1 / Math.max(1, reference.rows)),
            unknown: isCategorical ? unknown : null,
          }
        })
        .sort((a, b) => b.psi - a.psi)
    },
  }
}

/** @throws {VigilError} STATE_INVALID where counts are not of these inputs, or do not add up */
function assertOwn(
  kept: KeptCounts,
  { counted, half }: { readonly counted: readonly Counted[]; readonly half: number },
): void {
  const fits = (own: readonly number[], bins: number, events: number) =>
    own.length === bins && own.reduce((sum, n) => sum + n, 0) === events
  const isOwn =
    kept.inputs.length === counted.length &&
    counted.every(({ now: { length } }, i) => {
      const { now, before } = kept.inputs[i]
      return fits(now, length, kept.now) && fits(before, length, kept.before)
    })
  if (isOwn && kept.now < half && kept.before <= half) return
  throw serviceError('STATE_INVALID', 'Counts of inputs: need those of the same inputs. Begin without a past.')
}

/** Population stability index of counts in the same bins. */
export function stabilityIndex(live: readonly number[], training: readonly number[]): number {
  const totals = [live, training].map((own) => own.reduce((sum, n) => sum + n, 0) + SMOOTHING * own.length)
  return live.reduce((sum, _, bin) => {
    const [a, b] = [(live[bin] + SMOOTHING) / totals[0], (training[bin] + SMOOTHING) / totals[1]]
    return sum + (a - b) * Math.log(a / b)
  }, 0)
}

/** By category its bin: the unknown, 0, has the first one. Those behind the last of `bins` are others. */
function placesOf(categories: readonly number[]): { readonly bins: Uint16Array; readonly others: number } {
  const others = categories.length + 1
  const bins = new Uint16Array(Math.max(0, ...categories) + 1).fill(others)
  bins[0] = 0
  for (const [i, category] of categories.entries()) bins[category] = i + 1
  return { bins, others }
}

function countedOf(reference: InputReference, columns: readonly FittedColumn[]): Counted[] {
  let [d, c] = [0, 0]
  return columns.map((column) => {
    const isCategorical = !isDense(column)
    const { counts: training } = isCategorical ? reference.categorical[c++] : reference.dense[d++]
    const [now, before] = [new Uint32Array(training.length), new Uint32Array(training.length)]
    return { name: column.name, source: column.source, isCategorical, training, now, before }
  })
}
