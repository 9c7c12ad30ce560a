/** From intervals with units and named constants to whole numbers of steps, or to seconds. */
import { errorAt, type StlErrorCode } from '../errors.ts'
import type { Bound, Interval, Unit } from '../language/formula.ts'
import type { Profile } from '../profile.ts'

/** What bounds are measured with. */
export type Clock = {
  readonly text: string
  /** time between two steps, in seconds, > 0 */
  readonly samplingPeriod: number
  /** unit of an interval of which neither end has one */
  readonly boundUnit: Profile['boundUnit']
  readonly constants: Readonly<Record<string, number>>
}

/** An interval in steps; `to` Infinity is without end. */
export type StepInterval = { readonly from: number; readonly to: number }

/** The most steps that a bound may say: counters of steps must stay exact in 32 bits. */
const STEPS_MAX = 2 ** 30

/** Divided by, since 3 * 1e-3 is not 0.003. */
const PER_SECOND: Readonly<Record<Exclude<Unit, 'steps'>, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 }

/**
 * The steps of an interval; without one, from now without end. A bound without a unit is in the unit of the other; where
 * neither has one the profile decides.
 *
 * @throws {StlError} INTERVAL_NEGATIVE, INTERVAL_INVERTED, INTERVAL_STEPS, UNKNOWN_CONSTANT
 */
export function stepsOf(interval: Interval | null, clock: Clock): StepInterval {
  if (interval === null) return { from: 0, to: Number.POSITIVE_INFINITY }
  const { from, to, span } = interval
  const unit = from.unit ?? to?.unit ?? clock.boundUnit
  const first = steps({ ...from, unit }, clock)
  const last = to === null ? Number.POSITIVE_INFINITY : steps({ ...to, unit: to.unit ?? unit }, clock)
  if (last < first) {
    const message = `An interval must not end before it begins, received ${first} to ${last} steps. Swap its ends.`
    throw errorAt('INTERVAL_INVERTED', message, { text: clock.text, span })
  }
  return { from: first, to: last }
}

/**
 * The steps of a statistic's window, 1 or more. Without a unit it is in steps under every profile: no dialect but ours has it.
 *
 * @throws {StlError} WINDOW, UNKNOWN_CONSTANT
 */
export function windowSteps(bound: Bound, clock: Clock): number {
  const width = toSteps(bound, clock)
  if (Number.isInteger(width) && width >= 1 && width <= STEPS_MAX) return width
  throw refuse('WINDOW', { bound, clock, wanted: `The window must be a whole number of steps from 1 to ${STEPS_MAX}` })
}

/**
 * The ends of an interval in seconds, for dense time; without a unit a bound is in seconds under every profile.
 *
 * @throws {StlError} INTERVAL_NEGATIVE, INTERVAL_INVERTED, INTERVAL_STEPS for a bound in steps, UNKNOWN_CONSTANT
 */
export function secondsOf(interval: Interval | null, clock: Clock): { from: number; to: number } {
  if (interval === null) return { from: 0, to: Number.POSITIVE_INFINITY }
  const { from, to, span } = interval
  const unit = from.unit ?? to?.unit ?? 's'
  const first = seconds({ ...from, unit }, clock)
  const last = to === null ? Number.POSITIVE_INFINITY : seconds({ ...to, unit: to.unit ?? unit }, clock)
  if (last < first) {
    const message = `An interval must not end before it begins, received ${first} s to ${last} s. Swap its ends.`
    throw errorAt('INTERVAL_INVERTED', message, { text: clock.text, span })
  }
  return { from: first, to: last }
}

function seconds(bound: Bound, clock: Clock): number {
  const { unit } = bound
  if (unit === 'steps') {
    throw refuse('INTERVAL_STEPS', {
      bound,
      clock,
      wanted: 'Dense time has no steps: a bound must be in s, ms, us or ns',
    })
  }
  const time = numberOf(bound, clock) / PER_SECOND[unit ?? 's']
  if (time >= 0 && time < Number.POSITIVE_INFINITY) return time
  throw refuse('INTERVAL_NEGATIVE', {
    bound,
    clock,
    wanted: 'An interval must not begin or end before 0 (once, historically and since look back), nor at infinity',
  })
}

function steps(bound: Bound, clock: Clock): number {
  const count = toSteps(bound, clock)
  if (count < 0) {
    throw refuse('INTERVAL_NEGATIVE', {
      bound,
      clock,
      wanted: 'An interval must not begin or end before 0 (once, historically and since look back)',
    })
  }
  if (Number.isInteger(count) && count <= STEPS_MAX) return count
  throw refuse('INTERVAL_STEPS', { bound, clock, wanted: `A bound must be a whole number of steps up to ${STEPS_MAX}` })
}

function toSteps(bound: Bound, clock: Clock): number {
  const number = numberOf(bound, clock)
  const { unit } = bound
  if (unit === null || unit === 'steps') return number
  // 0.3 / 0.1 is 2.9999999999999996: what is a whole number but for rounding is that number.
  const count = number / PER_SECOND[unit] / clock.samplingPeriod
  const whole = Math.round(count)
  return Math.abs(count - whole) <= 1e-9 * Math.max(1, Math.abs(whole)) ? whole : count
}

function numberOf({ value, span }: Bound, { text, constants }: Clock): number {
  if (typeof value === 'string' && !Object.hasOwn(constants, value)) {
    const known = Object.keys(constants)
    const list = known.length === 0 ? 'There are no constants' : `The constants are ${known.join(', ')}`
    throw errorAt('UNKNOWN_CONSTANT', `"${value}" is no constant. ${list}; an interval takes numbers and constants.`, {
      text,
      span,
    })
  }
  return typeof value === 'string' ? constants[value] : value
}

function refuse(
  code: StlErrorCode,
  { bound: { value, unit, span }, clock, wanted }: { bound: Bound; clock: Clock; wanted: string },
) {
  const period =
    unit === null || unit === 'steps' ? '' : ` with a step of ${clock.samplingPeriod} s (the sampling period)`
  const number = typeof value === 'string' ? `${value} = ${clock.constants[value]}` : String(value)
  const message = `${wanted}, received ${number}${unit === null ? '' : ` ${unit}`}${period}.`
  return errorAt(code, message, { text: clock.text, span })
}
