import { responseError } from '../errors.ts'

/**
 * How a generator makes its streams: before each event a benign stream turns hostile for good with probability `hazard`, after
 * each event it ends with probability `end`, and an event is symbol x with probability benign[x] while benign, hostile[x] while hostile.
 */
export type ChangeModel = {
  readonly hazard: number
  readonly end: number
  readonly benign: readonly number[]
  readonly hostile: readonly number[]
}

/** @throws {VigilError} CHANGE_MODEL */
export function assertModel({ hazard, end, benign, hostile }: ChangeModel): void {
  const isShare = (value: number) => value > 0 && value < 1
  const isDistribution = (values: readonly number[]) =>
    values.every((value) => value > 0) && Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < 1e-9
  if (
    isShare(hazard) &&
    isShare(end) &&
    benign.length === hostile.length &&
    isDistribution(benign) &&
    isDistribution(hostile)
  )
    return
  throw responseError('CHANGE_MODEL', {
    field: 'model',
    requirement: 'must have hazard and end in (0, 1), and two distributions over the same symbols, above 0 throughout',
    received: JSON.stringify({ hazard, end, benign, hostile }),
    remedy: "Pass the generator's own numbers",
  })
}

/** Points of the belief grid, even in log-odds since thresholds at small probabilities matter; its ends are 0 and 1. */
const GRID_SIZE = 601
const LOG_ODDS_MIN = -14
const LOG_ODDS_MAX = 12

/** Where beliefs stand on a grid, and where an event takes them. */
export type BeliefChain = {
  /** [beliefs] P(hostile at the present event) */
  readonly grid: Float64Array
  /** [beliefs] P(hostile at the next event), before it is seen */
  readonly priors: Float64Array
  /** E[values of the belief at the next event], [beliefs] from [beliefs]; values between grid points are linear */
  readonly expectation: (values: Float64Array) => Float64Array
  /** E[values of the belief at a stream's first event] */
  readonly atFirst: (values: Float64Array) => number
}

export function beliefChain({ hazard, benign, hostile }: ChangeModel): BeliefChain {
  const grid = Float64Array.from({ length: GRID_SIZE }, (_, i) => {
    const logOdds = LOG_ODDS_MIN + ((LOG_ODDS_MAX - LOG_ODDS_MIN) * i) / (GRID_SIZE - 1)
    return 1 / (1 + Math.exp(-logOdds))
  })
  grid[0] = 0
  grid[GRID_SIZE - 1] = 1
  const priors = grid.map((belief) => belief + (1 - belief) * hazard)
  const symbolCount = benign.length
  const weights = new Float64Array(GRID_SIZE * symbolCount)
  const belows = new Uint16Array(GRID_SIZE * symbolCount)
  const shares = new Float64Array(GRID_SIZE * symbolCount)
  for (let i = 0; i < GRID_SIZE; i++)
    for (let x = 0; x < symbolCount; x++) {
      const cell = i * symbolCount + x
      weights[cell] = priors[i] * hostile[x] + (1 - priors[i]) * benign[x]
      const next = (priors[i] * hostile[x]) / weights[cell]
      belows[cell] = below(grid, next)
      shares[cell] = (next - grid[belows[cell]]) / (grid[belows[cell] + 1] - grid[belows[cell]])
    }
  const expectation = (values: Float64Array) => {
    const expected = new Float64Array(GRID_SIZE)
    for (let cell = 0, i = 0; i < GRID_SIZE; i++)
      for (const last = cell + symbolCount; cell < last; cell++) {
        const lower = values[belows[cell]]
        expected[i] += weights[cell] * (lower + shares[cell] * (values[belows[cell] + 1] - lower))
      }
    return expected
  }
  return {
    grid,
    priors,
    expectation,
    // A stream begins as one that was benign until now goes on.
    atFirst: (values) => expectation(values)[0],
  }
}

/** Index of the last grid point but one that is not above a belief. */
function below(grid: Float64Array, belief: number): number {
  let [low, high] = [0, GRID_SIZE - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (grid[middle] <= belief) low = middle
    else high = middle
  }
  return low
}

/** Index of the grid point nearest to a belief. */
export function nearest(grid: Float64Array, belief: number): number {
  const lower = below(grid, belief)
  return belief - grid[lower] <= grid[lower + 1] - belief ? lower : lower + 1
}
