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
  return policySolver(spec, model, { actions, beside: 1 })?.({ rent: 0, alertPrice: 0, tolerance: TOLERANCE }) ?? null
}

/** What a stream pays for what it shares with others, and how exactly its values are to be known. */
export type Prices = {
  /** Of an open ticket, with every event of the site */
  readonly rent: number
  /** Of an alert, beside its cost */
  readonly alertPrice: number
  /** Values move by at most so much in the last sweep, in reward units */
  readonly tolerance: number
}

/**
 * The same for a stream among others that do not touch it, but time passes between its events. A ticket pays its rent from the alert
 * until its verdict, the stream's end or its quarantine. Values are kept: prices near the last ones are solved quickly.
 *
 * @param beside streams that take turns: each event of the site is one of them, drawn uniformly. The analyst's delay counts all.
 * @returns null as optimalPolicy
 * @throws {VigilError} CHANGE_MODEL
 */
export function policySolver(
  spec: ResponseSpec,
  model: ChangeModel,
  { actions, beside }: { readonly actions: readonly number[]; readonly beside: number },
): ((prices: Prices) => OptimalPolicy) | null {
  assertModel(model)
  if (spec.analystAccuracy < 1 || spec.block !== 'fail-soft') return null
  const chain = beliefChain(model)
  const delay = Math.min(spec.analystDelay, lengthMax(model.end / beside))
  const values = Array.from({ length: delay + 1 }, () => new Float64Array(chain.grid.length))
  const shared = { chain, values, goesOn: 1 - model.end, containment: spec.containment, own: 1 / beside }
  return ({ rent, alertPrice, tolerance }) => {
    const payments = paymentsOf(chain, { ...spec, alertCost: spec.alertCost + alertPrice }, model, actions)
    const best = solve({ ...shared, payments, rent }, tolerance)
    return {
      value: chain.atFirst(values[0]),
      policy: ({ belief, ticket }) => best[Math.min(ticket, delay)][nearest(chain.grid, belief)],
    }
  }
}

/** Improves the values until they have settled. @returns [delay + 1] of [beliefs], the best actions */
function solve(problem: Problem, tolerance: number): Uint8Array[] {
  const { chain, values } = problem
  // Under a ticket everything depends on what follows an all-clear: those layers are made anew when that has settled.
  const cleared = () => values[0][0] + chain.atFirst(values[0])
  let alerted: Float64Array = new Float64Array(chain.grid.length)
  for (let before = Number.NaN; !(Math.abs(before - cleared()) <= tolerance); ) {
    before = cleared()
    alerted = throughTickets(problem, (ticket, follows) => improve(problem, ticket, follows))
    while (improve(problem, 0, chain.expectation(values[0]), alerted) > tolerance);
  }
  const best: Uint8Array[] = [bestActions(problem, chain.expectation(values[0]), alerted)]
  throughTickets(problem, (ticket, follows) => {
    best[ticket] = bestActions(problem, follows)
  })
  return best
}

/** With probability `end` a step: it takes longer with a probability below 1e-12, and a verdict that takes longer never comes. */
function lengthMax(end: number): number {
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
  /** Probability that an event of the site is the stream's */
  readonly own: number
  readonly rent: number
}

/**
 * Goes through the layers of an open ticket, from the shortest countdown to the longest. With k events of the site left,
 *
 *   follows(p, k) = -rent + own E[V(p', k - 1)] + (1 - own) follows(p, k - 1)
 *
 * where the last event brings the verdict: with the stream's next event, if that is it, else before. Containment or belief 0.
 *
 * @param visit gets what follows while the ticket is open, [beliefs], if the stream goes on
 * @returns what follows an alert
 */
function throughTickets(
  { chain, values, containment, own, rent }: Problem,
  visit: (ticket: number, follows: Float64Array) => void,
): Float64Array {
  const verdict = (hostile: number, cleared: number) => hostile * -containment + (1 - hostile) * cleared
  let follows: Float64Array = chain.grid.map((belief) => verdict(belief, chain.atFirst(values[0])))
  let next: Float64Array = chain.priors.map((prior) => verdict(prior, values[0][0]))
  for (let ticket = 1; ; ticket++) {
    follows = follows.map((later, i) => -rent + own * next[i] + (1 - own) * later)
    if (ticket === values.length) return follows
    visit(ticket, follows)
    next = chain.expectation(values[ticket])
  }
}

/**
 * One sweep over a layer.
 *
 * @param follows [beliefs] what follows if the stream goes on
 * @param alerted [beliefs] what follows an alert
 * @returns the largest change
 */
function improve(problem: Problem, ticket: number, follows: Float64Array, alerted = follows): number {
  const { payments, goesOn } = problem
  const [allow, block, quarantine, alert] = payments
  const layer = problem.values[ticket]
  let change = 0
  for (let i = 0; i < layer.length; i++) {
    const passed = Math.max(allow[i], block[i]) + goesOn * follows[i]
    const value = Math.max(passed, quarantine[i], alert[i] + goesOn * alerted[i])
    change = Math.max(change, Math.abs(value - layer[i]))
    layer[i] = value
  }
  return change
}

/** [beliefs] the best action; of equal ones the first. */
function bestActions({ chain, payments, goesOn }: Problem, follows: Float64Array, alerted = follows): Uint8Array {
  const next = { [ALLOW]: follows, [BLOCK]: follows, [ALERT]: alerted }
  return Uint8Array.from(chain.grid, (_, i) => {
    const worth = ([ALLOW, BLOCK, QUARANTINE, ALERT] as const).map(
      (action) => payments[action][i] + (action === QUARANTINE ? 0 : goesOn * next[action][i]),
    )
    return worth.indexOf(Math.max(...worth))
  })
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
