/** p = 1 / (1 + exp(-(slope x + intercept))) for log-odds x. */
export type Calibration = { readonly slope: number; readonly intercept: number }

/** Log-odds beyond this say no more. */
const LOG_ODDS_MAX = 20

const STEPS_MAX = 100

/** Curvature that is added, so that a score which never errs keeps a finite slope. */
const RIDGE = 1e-9

/**
 * Platt scaling: logistic regression of the label on the log-odds, towards (n1 + 1) / (n1 + 2) for n1 threats and 1 / (n0 + 2)
 * for n0 benign events (Platt 1999), by Newton steps that are halved until the loss falls.
 *
 * @param logOdds [N], clipped to [-20, 20]
 * @param labels  [N] 1 = threat
 * @param rows    [n] rows to fit on
 */
export function calibrationOf(logOdds: ArrayLike<number>, labels: Uint8Array, rows: Uint32Array): Calibration {
  const sample: Sample = {
    x: Float64Array.from(rows, (row) => clipped(logOdds[row])),
    targets: targetsOf(labels, rows),
  }
  const base = sample.targets.reduce((sum, target) => sum + target, 0) / rows.length
  // The labels alone: from here the curvature is that of the data, however extreme the score.
  let best: Calibration = { slope: 0, intercept: Math.log(base / (1 - base)) }
  let loss = lossOf(sample, best)
  for (let step = 0; step < STEPS_MAX; step++) {
    const move = newtonMove(sample, best)
    let share = 1
    let next = moved(best, move, share)
    while (share > 1e-4 && !(lossOf(sample, next) < loss)) {
      share /= 2
      next = moved(best, move, share)
    }
    const nextLoss = lossOf(sample, next)
    if (!(nextLoss < loss)) break
    best = next
    loss = nextLoss
  }
  return best
}

/** P(threat) of log-odds. */
export function calibrated({ slope, intercept }: Calibration, logOdds: number): number {
  return 1 / (1 + Math.exp(-(slope * clipped(logOdds) + intercept)))
}

type Sample = { readonly x: Float64Array; readonly targets: Float64Array }

function targetsOf(labels: Uint8Array, rows: Uint32Array): Float64Array {
  const threats = rows.reduce((sum, row) => sum + labels[row], 0)
  const benign = rows.length - threats
  return Float64Array.from(rows, (row) => (labels[row] === 1 ? (threats + 1) / (threats + 2) : 1 / (benign + 2)))
}

/** Mean cross-entropy in nats: ln(1 + exp(z)) - t z. */
function lossOf({ x, targets }: Sample, { slope, intercept }: Calibration): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) {
    const z = slope * x[i] + intercept
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[i] * z
  }
  return sum / x.length
}

/** Inverse Hessian times gradient. */
function newtonMove({ x, targets }: Sample, { slope, intercept }: Calibration): Calibration {
  let [gSlope, gIntercept, hSlope, hBoth, hIntercept] = [0, 0, RIDGE * x.length, 0, RIDGE * x.length]
  for (let i = 0; i < x.length; i++) {
    const p = 1 / (1 + Math.exp(-(slope * x[i] + intercept)))
    const [error, weight] = [p - targets[i], p * (1 - p)]
    gSlope += error * x[i]
    gIntercept += error
    hSlope += weight * x[i] * x[i]
    hBoth += weight * x[i]
    hIntercept += weight
  }
  const determinant = hSlope * hIntercept - hBoth * hBoth
  return {
    slope: (hIntercept * gSlope - hBoth * gIntercept) / determinant,
    intercept: (hSlope * gIntercept - hBoth * gSlope) / determinant,
  }
}

function moved(from: Calibration, move: Calibration, share: number): Calibration {
  return { slope: from.slope - share * move.slope, intercept: from.intercept - share * move.intercept }
}

function clipped(logOdds: number): number {
  return Math.max(-LOG_ODDS_MAX, Math.min(LOG_ODDS_MAX, logOdds))
}
