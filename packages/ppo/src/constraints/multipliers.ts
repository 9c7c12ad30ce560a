import type { TargetedSpecification } from '@vigil/env-wasm'
import { z } from 'zod'
import type { PidGains } from '../settings.ts'
import type { ConstraintMeasure } from './measure.ts'

/** The controller of one specification's multiplier. */
export type Multiplier = {
  /** lambda, >= 0: what a unit of cost weighs against a unit of reward advantage. */
  readonly value: number
  /** Sum of the errors so far, never below 0. */
  readonly integral: number
  /** Share of violated steps that was seen last; null before the first. */
  readonly violatedRate: number | null
}

/** A multiplier before anything was seen. */
export const INITIAL_MULTIPLIER: Multiplier = { value: 0, integral: 0, violatedRate: null }

const multiplierSchema = z.strictObject({
  value: z.number().min(0),
  integral: z.number().min(0),
  violatedRate: z.number().min(0).max(1).nullable(),
})

/** The state of all controllers as a checkpoint holds it. */
export const multipliersSchema = z.array(multiplierSchema)

/**
 * PID control of a Lagrange multiplier (Stooke, Achiam and Abbeel 2020, arXiv:2007.03964, algorithm 2), with the share of
 * violated steps for the cost J_C and 1 - target for its limit d.
 *
 *   Delta  = J_C - d
 *   I      = max(0, I + Delta)
 *   D      = max(0, J_C - J_C,previous)
 *   lambda = max(0, K_P Delta + K_I I + K_D D)
 *
 * @param violatedRate share of this iteration's steps at which the specification is violated
 * @param target       share of the steps in which it is to hold
 */
export function controlMultiplier(
  before: Multiplier,
  { violatedRate, target }: { readonly violatedRate: number; readonly target: number },
  gains: PidGains,
): Multiplier {
  const error = violatedRate - (1 - target)
  const integral = Math.max(0, before.integral + error)
  const rise = Math.max(0, violatedRate - (before.violatedRate ?? violatedRate))
  const value = Math.max(0, gains.proportional * error + gains.integral * integral + gains.derivative * rise)
  return { value, integral, violatedRate }
}

/** The multipliers after this iteration's steps were seen; none where no mode uses them. */
export function controlMultipliers(
  before: readonly Multiplier[],
  measures: readonly ConstraintMeasure[],
  { specifications, pid }: { readonly specifications: readonly TargetedSpecification[]; readonly pid: PidGains },
): readonly Multiplier[] {
  return before.map((multiplier, s) => {
    const seen = { violatedRate: 1 - measures[s].satisfiedRate, target: specifications[s].target }
    return controlMultiplier(multiplier, seen, pid)
  })
}
