import { randomStream, randomUnit } from '@vigil/random'
import type { Space } from './space.ts'

/** A trial that has a score, as the model learns from it. */
type Observation = { readonly units: readonly number[] }

/** Candidates of the model for one trial. */
const CANDIDATES = 8

/** Share of the trials that count as good, and how many there must be for the model to know a direction. */
const GOOD = { share: 0.15, min: 3 } as const

/** Share of a choice's kernel that lies on all choices alike. */
const OTHER_CHOICES = 0.7

/** No kernel is narrower. */
const WIDTH_MIN = 0.1

/** Places of a trial, one for each parameter, uniform in [0, 1). */
export function randomUnits(space: Space, seed: number, trial: number): readonly number[] {
  return space.map((_, dimension) => randomUnit(randomStream(seed, 'sweep'), dimension, trial))
}

/**
 * Places that a tree-structured Parzen estimator proposes (Bergstra et al., NIPS 2011, section 4), with kernels over all parameters
 * at once (Falkner et al., arXiv:1807.01774, section 3): the trials so far are divided into good ones and others; of candidates
 * drawn where good ones lie, the one is taken at which good ones are densest beside the others.
 *
 *   argmax l(x) / g(x)
 *
 * @param ranked trials so far, the best first
 */
export function modelUnits(
  space: Space,
  ranked: readonly Observation[],
  { seed, trial }: { readonly seed: number; readonly trial: number },
): readonly number[] {
  const goodCount = Math.max(GOOD.min, Math.ceil(GOOD.share * ranked.length))
  const at = (observations: readonly Observation[]) =>
    densityOf(
      observations.map(({ units }) => units),
      cellsOf(space),
    )
  const [good, others] = [at(ranked.slice(0, goodCount)), at(ranked.slice(goodCount))]
  const source = randomStream(seed, 'sweep')
  const perCandidate = 1 + 3 * space.length
  let best: { readonly units: readonly number[]; readonly ratio: number } | null = null
  for (let i = 0; i < CANDIDATES; i++) {
    const place = space.length + i * perCandidate
    const units = good.draw((k) => randomUnit(source, place + k, trial))
    const ratio = good.at(units) / others.at(units)
    if (best === null || ratio > best.ratio) best = { units, ratio }
  }
  return best!.units
}

/** How many choices each parameter has; null = a range. */
function cellsOf(space: Space): readonly (number | null)[] {
  return space.map((parameter) => (parameter.kind === 'choices' ? parameter.values.length : null))
}

/** A density over places, [0, 1) for each parameter. */
type Density = {
  readonly at: (units: readonly number[]) => number
  /** One draw. @param uniform the k-th number of it in [0, 1) */
  readonly draw: (uniform: (k: number) => number) => readonly number[]
}

/**
 * A Parzen estimator: one part is uniform, and one lies around each point, a product over the parameters. Of a range it is a
 * normal distribution cut to [0, 1], by Scott's rule as wide as the points lie apart; of choices mostly the cell of the choice.
 *
 * @param points places, may be none
 * @param cells  how many choices each parameter has; null = a range
 */
export function densityOf(points: readonly (readonly number[])[], cells: readonly (number | null)[]): Density {
  const widths = cells.map((_, d) =>
    widthOf(
      points.map((point) => point[d]),
      cells.length,
    ),
  )
  const kernel = (point: readonly number[], d: number) => {
    const count = cells[d]
    return count === null ? normalKernel(point[d], widths[d]) : cellKernel(point[d], count)
  }
  const kernels = points.map((point) => cells.map((_, d) => kernel(point, d)))
  const parts = points.length + 1
  return {
    at: (units) =>
      kernels.reduce((sum, own) => sum + own.reduce((product, { at }, d) => product * at(units[d]), 1), 1) / parts,
    draw(uniform) {
      const own = kernels[Math.floor(uniform(0) * parts)]
      return cells.map((_, d) => {
        const [first, second, third] = [1, 2, 3].map((k) => uniform(3 * d + k))
        return own === undefined ? first : own[d].draw(first, second, third)
      })
    },
  }
}

/** Scott's rule. @param values of one parameter */
function widthOf(values: readonly number[], dimensions: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return values.length < 2 ? 0.3 : Math.max(WIDTH_MIN, Math.sqrt(variance) * values.length ** (-1 / (dimensions + 4)))
}

/** One parameter's part of a kernel. */
type Kernel = {
  readonly at: (unit: number) => number
  readonly draw: (first: number, second: number, third: number) => number
}

function normalKernel(point: number, width: number): Kernel {
  const mass = cumulative((1 - point) / width) - cumulative(-point / width)
  return {
    at(unit) {
      const z = (unit - point) / width
      return Math.exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI) * mass)
    },
    draw(first, second, third) {
      // Box and Muller 1958; what falls outside is drawn anywhere.
      const unit = point + width * Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second)
      return unit >= 0 && unit < 1 ? unit : third
    },
  }
}

function cellKernel(point: number, count: number): Kernel {
  const cellOf = (unit: number) => Math.floor(unit * count)
  return {
    at: (unit) => OTHER_CHOICES + (cellOf(unit) === cellOf(point) ? (1 - OTHER_CHOICES) * count : 0),
    draw: (first, second) => (first < OTHER_CHOICES ? second : (cellOf(point) + second) / count),
  }
}

/** The standard normal distribution (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function cumulative(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const erf = 1 - sum * Math.exp(-x * x)
  return 0.5 * (1 + Math.sign(z) * erf)
}
