/** One axis of a plot: its ends, where it is labelled, and how. */
export type Axis = {
  readonly from: number
  readonly to: number
  readonly ticks: readonly number[]
  readonly logarithmic: boolean
  readonly format: (value: number) => string
}

type Format = Axis['format']

/** An axis between two given ends, labelled at multiples of a step: the given one, or a round one that gives about `parts` parts. */
export function fixedAxis(
  from: number,
  to: number,
  format: Format,
  { step, parts = 4 }: { step?: number; parts?: number } = {},
): Axis {
  return { from, to, ticks: multiples(from, to, step ?? roundStep((to - from) / parts)), logarithmic: false, format }
}

/** An axis around values, its ends rounded outwards to multiples of a round step. */
export function roundAxis(
  values: readonly number[],
  format: Format,
  { from, parts = 4 }: { from?: number; parts?: number } = {},
): Axis {
  const lowest = from ?? least(values)
  const highest = Math.max(lowest, most(values))
  // A constant stands in the middle of its axis.
  const padding = highest > lowest ? 0 : Math.abs(lowest) / 2 || 0.5
  const step = roundStep((highest - lowest + 2 * padding) / parts)
  const first = from ?? times(Math.floor((lowest - padding) / step), step)
  const last = times(Math.ceil((highest + padding) / step), step)
  return { from: first, to: last, ticks: multiples(first, last, step), logarithmic: false, format }
}

/** A logarithmic axis, its ends whole powers of ten; at most `parts` + 1 of them are labelled. */
export function logarithmicAxis(
  values: readonly number[],
  format: Format,
  { parts = 4 }: { parts?: number } = {},
): Axis {
  const positive = values.filter((value) => value > 0)
  const first = Math.floor(Math.log10(least(positive)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(most(positive))))
  const step = Math.ceil((last - first) / parts)
  const ticks = multiples(first, last, step).map((exponent) => 10 ** exponent)
  return { from: 10 ** first, to: 10 ** last, ticks, logarithmic: true, format }
}

/** Where a value lies on the axis: 0 at its beginning, 1 at its end. */
export function place({ from, to, logarithmic }: Axis, value: number): number {
  if (logarithmic) return Math.log(value / from) / Math.log(to / from)
  return to === from ? 0 : (value - from) / (to - from)
}

/** Of 1, 2 and 5 times powers of ten the one nearest to `width`. */
function roundStep(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width > 0 ? width : 1))
  const factor = width / power
  return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10)
}

function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor(to / step + 1e-9) - first + 1
  return Array.from({ length: count }, (_, i) => times(first + i, step))
}

/** A multiple of a round step, as a reader would write it: 3 * 0.1 is not 0.3, but 3 / 10 is. */
function times(count: number, step: number): number {
  return step < 1 ? count / Math.round(1 / step) : count * step
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
}
