import type { ResponseSpec } from '@vigil/env-wasm'
import { ALERT, ALLOW, BLOCK, type Policy, QUARANTINE } from '../walk.ts'
import { assertModel, type BeliefChain, beliefChain, type ChangeModel, nearest } from './change-model.ts'

/** The best that can be done without seeing the hidden state. */
export type OptimalPolicy = {
  /** Expected return of a stream, in reward units */
  readonly value: number
  readonly policy: Policy
}

/** Values move by at most so much in the last sweep, in reward units. */
const TOLERANCE = 1e-9

/**
 * The exact optimum of quickest detection with containment and tickets, by value iteration over the posterior (Shiryaev 1963):
 * belief and open ticket are all that matters of the past.
 *
 *   V(p, k) = max_a r(p, a) + (1 - end) E[V(p', k')]
 *   r(p, quarantine) = -C - (1 - p) (F + w E[benign events left]), and nothing follows
 *
 * A ticket at 1 brings its verdict with the next event: containment, or belief 0.
 *
 * @param actions those that may be used; allow is always among them
 * @returns null where the belief and the ticket are not enough: the analyst errs, or a blocked intruder gives up or retries
 *
 * @example
 * const optimum = optimalPolicy(DEFAULT_RESPONSE, { hazard: 0.005, end: 0.02, benign, hostile })
 *
 * @throws {VigilError} CHANGE_MODEL
 */
export function optimalPolicy(
  spec: ResponseSpec,
  model: ChangeModel,
  actions: readonly number[] = [BLOCK, QUARANTINE, ALERT],
): OptimalPolicy | null {
  assertModel(model)
  if (spec.analystAccuracy < 1 || spec.block !== 'fail-soft') return null
  const chain = beliefChain(model)
  const payments = paymentsOf(chain, spec, model, actions)
  const delay = Math.min(spec.analystDelay, lengthMax(model))
  const values = Array.from({ length: delay + 1 }, () => new Float64Array(chain.grid.length))
  const problem: Problem = { chain, payments, values, goesOn: 1 - model.end, containment: spec.containment }
  // Under a ticket everything depends on V(0, 0) alone: those layers are made anew when it has settled.
  for (let cleared = Number.NaN; !(Math.abs(cleared - values[0][0]) <= TOLERANCE); ) {
    cleared = values[0][0]
    for (let ticket = 1; ticket < values.length; ticket++) improve(problem, ticket)
    const alerted = whatFollows(problem, values.length)
    while (improve(problem, 0, alerted) > TOLERANCE);
  }
  const best = values.map((_, ticket) => bestActions(problem, ticket))
  return {
    value: chain.atFirst(values[0]),
    policy: ({ belief, ticket }) => best[Math.min(ticket, delay)][nearest(chain.grid, belief)],
  }
}

/** A stream is longer with a probability below 1e-12: a verdict that takes longer never comes. */
function lengthMax({ end }: ChangeModel): number {
  return Math.ceil(Math.log(1e-12) / Math.log(1 - end))
}

type Problem = {
  readonly chain: BeliefChain
  /** [4] of [beliefs]: what each action pays at once; -Infinity where it may not be used */
  readonly payments: readonly Float64Array[]
  /** [delay + 1] of [beliefs], by the ticket's countdown */
  readonly values: readonly Float64Array[]
  readonly goesOn: number
  readonly containment: number
}

/**
 * One sweep over a layer.
 *
 * @param alerted [beliefs] what follows an alert; under a ticket, what follows without one
 * @returns the largest change
 */
function improve(problem: Problem, ticket: number, alerted?: Float64Array): number {
  const { payments, goesOn } = problem
  const [allow, block, quarantine, alert] = payments
  const layer = problem.values[ticket]
  const next = whatFollows(problem, ticket)
  const afterAlert = alerted ?? next
  let change = 0
  for (let i = 0; i < layer.length; i++) {
    const passed = Math.max(allow[i], block[i]) + goesOn * next[i]
    const value = Math.max(passed, quarantine[i], alert[i] + goesOn * afterAlert[i])
    change = Math.max(change, Math.abs(value - layer[i]))
    layer[i] = value
  }
  return change
}

/** [beliefs] the best action; of equal ones the first. */
function bestActions(problem: Problem, ticket: number): Uint8Array {
  const { chain, payments, values, goesOn } = problem
  const [next, alerted] = [ticket, ticket === 0 ? values.length : ticket].map((opened) => whatFollows(problem, opened))
  const follows = { [ALLOW]: next, [BLOCK]: next, [ALERT]: alerted }
  return Uint8Array.from(chain.grid, (_, i) => {
    const worth = ([ALLOW, BLOCK, QUARANTINE, ALERT] as const).map(
      (action) => payments[action][i] + (action === QUARANTINE ? 0 : goesOn * follows[action][i]),
    )
    return worth.indexOf(Math.max(...worth))
  })
}

/** [beliefs] worth of the next event, if there is one. @param opened the ticket before its countdown */
function whatFollows({ chain, values, containment }: Problem, opened: number): Float64Array {
  if (opened === 1) return chain.priors.map((hostile) => hostile * -containment + (1 - hostile) * values[0][0])
  return chain.expectation(values[opened === 0 ? 0 : opened - 1])
}

/** [4] of [beliefs]: what each action pays at once. */
function paymentsOf(
  { grid }: BeliefChain,
  spec: ResponseSpec,
  { hazard, end }: ChangeModel,
  actions: readonly number[],
): Float64Array[] {
  // From a benign event on, it included.
  const benignLeft = 1 / (1 - (1 - end) * (1 - hazard))
  const allow = (p: number) => (1 - p) * spec.allowedBenign - p * (spec.damage + spec.dwell)
  const pays = {
    [ALLOW]: allow,
    [BLOCK]: (p: number) => (p - 1) * spec.blockedBenign - p * spec.dwell,
    [QUARANTINE]: (p: number) => -spec.containment - (1 - p) * (spec.falseContainment + spec.cutOffBenign * benignLeft),
    [ALERT]: (p: number) => allow(p) - spec.alertCost,
  }
  return ([ALLOW, BLOCK, QUARANTINE, ALERT] as const).map((action) =>
    grid.map((p) => (action === ALLOW || actions.includes(action) ? pays[action](p) : Number.NEGATIVE_INFINITY)),
  )
}
