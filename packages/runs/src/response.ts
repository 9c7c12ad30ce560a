/** The parts of evaluation.json that only decisions with consequences have (environment `respond`). */
import { LEDGER_ENTRIES } from '@vigil/env-wasm'
import { z } from 'zod'
import type { Inconsistency } from './policy-scores.ts'
import { actionCounts, count, label, responseCosts, share, totalActions } from './schema-parts.ts'

/** What the team returns beside rules without learning, as mean return of a stream in reward units. */
export const gainSchema = z.strictObject({
  /** Of allowing everything. */
  allow: z.number(),
  /** Of the best per-event rule: the best action for each event as if nothing followed, with calibrated probabilities. */
  rule: z.number(),
  /** Of the rule that did best on validation (`response.best`). */
  best: z.number(),
  team: z.number(),
  /** What no policy exceeds in expectation (`response.bound`). */
  bound: z.number(),
  /** (team - rule) / (bound - rule), above 1 where a team had more luck than the optimum; null where the rule reaches the bound. */
  share: z.number().nullable(),
  /** 95 % interval of team - best: a paired bootstrap over streams. */
  low: z.number(),
  high: z.number(),
  /**
   * The rule on boosting, which judges single events, that did best on validation: its place among the references, its return, and the
   * interval of team - it. null where there is none, or the best rule of all is one.
   */
  boosting: z
    .strictObject({ rule: z.int().min(0), best: z.number(), low: z.number(), high: z.number() })
    .nullable()
    .default(null),
})

/** [entries] as they add to a return, mean of a stream. */
const ledgerSchema = z.record(z.enum(LEDGER_ENTRIES), z.number())

const outcomeShape = {
  /** Mean return of a stream. */
  returnMean: z.number(),
  /** Events by the last action on each. */
  actions: actionCounts,
  /** Events that never happened. */
  cutOff: count,
  /** Streams that were contained with a threat before, and without one. */
  contained: count,
  falselyContained: count,
  /** Of the latter those without any threat, which a limit on false containments counts. */
  benignContained: count.optional(),
}

const tuned = z.record(z.string(), z.union([z.number(), z.string(), z.null()]))

const referenceSchema = z.strictObject({
  /** Of the rule: `per-event`, `threshold`, ... */
  name: label,
  /** Of the score that it decides by: `belief`, `boosting`, `team`; null of constant actions. */
  score: label.nullable(),
  /** What was tuned on validation; null = without end. */
  parameters: tuned,
  /** Mean return of the validation streams, by which the best rule is chosen. */
  validation: z.number(),
  /** Whether it keeps `containmentLimit` there, if there is one: else it is never the best rule. */
  isWithinLimit: z.boolean().default(true),
  ...outcomeShape,
})

const alertBudgetSchema = z.strictObject({
  /**
   * Of each specification, in the order of `stl`: reward that training charged for an alert beside `alertCost`, mean of the last
   * iterations before the checkpoint; null where nothing was learnt from it, or it is not about alerts.
   */
  prices: z.array(z.number().nullable()),
  /** A ladder that keeps the budgets as often as the team on validation; null where no score but the team's is there. */
  rule: z
    .strictObject({
      /** Of the score that it decides by: `belief`, `boosting`. */
      score: label,
      parameters: tuned,
      /** What an alert was made to cost more while it was tuned. */
      surcharge: z.number().nonnegative(),
      /** Share of the streams on which a ladder of less surcharge acts in its place. */
      laxShare: share,
      /** Whether it keeps every budget as often as the team, on validation. */
      isAsSatisfied: z.boolean(),
      /** Share of the judged steps at which each specification holds, in the order of `stl`. */
      satisfied: z.array(share),
      ...outcomeShape,
      /** 95 % interval of team - rule: a paired bootstrap over streams. */
      low: z.number(),
      high: z.number(),
    })
    .nullable(),
})

/** One event of a stream, as the team met it. */
const momentSchema = z.strictObject({
  row: count,
  isThreat: z.boolean(),
  /** f-trimmed mean of the agents' P(block) + P(quarantine); null of events that never happened, as all below. */
  score: share.nullable(),
  /** Events to be decided before the analyst's verdict; 0 = no ticket is open. */
  ticket: count.nullable(),
  /** What the decision returned, a verdict that it led to included. */
  reward: z.number().nullable(),
  /** P(hostile) where the recording has likelihood ratios. */
  belief: share.nullable(),
  /** Actions that the agents voted for, and the team's. */
  votes: z.array(z.int().min(0).max(3)).nullable(),
  action: z.int().min(0).max(3).nullable(),
})

const timelineSchema = z.strictObject({
  /** Why it is shown: the first contained by the team, the latest, by the analyst, falsely, not at all; and one without a threat. */
  kind: z.enum(['contained', 'contained-late', 'verdict', 'false-containment', 'missed', 'let-through']),
  /** Number of the stream in the split. */
  stream: count,
  returned: z.number(),
  /** Events of the stream before the first one shown, and after the last. */
  before: count,
  after: count,
  moments: z.array(momentSchema),
})

export const responseSchema = z.strictObject({
  costs: responseCosts,
  streams: count,
  /** Streams with a threat, cut off or not. */
  threatStreams: count,
  /** What the probabilities of quarantine and alert are multiplied by before the likeliest action is taken, chosen on validation. */
  stopFactor: z.number().positive(),
  /** Mean return on validation under each factor that was tried, ascending, and the streams that were contained falsely there, as of a member. */
  stopLevels: z.array(
    z.strictObject({
      factor: z.number().positive(),
      returnMean: z.number(),
      falselyContained: count.optional(),
      benignContained: count.optional(),
    }),
  ),
  /**
   * The share of the streams without a threat that was not to be contained, those on validation, and how many of them were allowed to be:
   * with so many the share is at most `max` with 95 % confidence, unless there are too few of them to show it (`isShown`). null where
   * nothing was asked for.
   */
  containmentLimit: z
    .strictObject({ max: share, benign: count, allowed: count, isShown: z.boolean().optional() })
    .nullable()
    .default(null),
  /** Sums to returnMean. */
  ledger: ledgerSchema,
  returnMean: z.number(),
  /** Standard deviation of a stream's return. */
  returnDeviation: z.number().nonnegative(),
  /** As of a member. */
  contained: count,
  falselyContained: count,
  benignContained: count.optional(),
  /** Streams with a threat that nobody contained. */
  missed: count,
  /** Events decided from the first threat on, mean of the streams with a threat that happened; null without any. */
  dwellEvents: z.number().nonnegative().nullable(),
  /** Median events from a stream's first threat to its containment, both included, where it was contained; null where none was. */
  containmentEvents: z.number().positive().nullable(),
  /** Alerts a day of the recording; null where the data have no times. */
  alertsPerDay: z.number().nonnegative().nullable(),
  /** Each agent alone, in the order of the agents: all votes are its own. */
  members: z.array(z.strictObject(outcomeShape)),
  /** Rules without learning by consequences, tuned on validation. */
  references: z.array(referenceSchema),
  /** Place in `references` of the rule that did best on validation. */
  best: count,
  /**
   * What no policy exceeds in expectation: `exact optimum`, `Lagrangian bound` of streams that share analysts, or `clairvoyant`
   * who knows the labels; its mean return on these streams. A policy may exceed the first two by luck.
   */
  bound: z.strictObject({ name: label, returnMean: z.number() }),
  /** Mean return of the clairvoyant, which nobody exceeds on any stream. */
  hindsight: z.number(),
  /** The team with `f` agents that always vote so. They act anew: what they vote for changes what happens next. */
  attacks: z.array(
    z.strictObject({ attack: label, f: count, agents: z.array(count), f1: share, alertRate: share, ...outcomeShape }),
  ),
  /** What a budget of alerts costs; null where no specification in force is about alerts. */
  alertBudget: alertBudgetSchema.nullable(),
  /** How the return is known: sums of the entries' sizes, as shares of all of them. */
  validity: z.strictObject({
    /** Recorded events that were let through, and containments by quarantine. */
    exact: share,
    /** Alerts, and containments by the analyst, whose delay and accuracy are assumptions. */
    modelled: share,
    /** Blocked events: what an intruder does next is not in the recording. */
    unidentified: share,
    /** Mean return under each assumption on blocked intruders; null where the team blocks no threat. */
    blockedIntruder: z.strictObject({ 'fail-soft': z.number(), 'fail-stop': z.number(), retry: z.number() }).nullable(),
  }),
  /** Some streams that tell how the team decides; empty where blocked intruders try again. */
  timelines: z.array(timelineSchema),
  /** Whether learning by consequences is needed here. */
  sentence: z.string().min(1),
})

type Gain = Readonly<z.infer<typeof gainSchema>>

/** @see responseSchema */
export type ResponseScores = Readonly<z.infer<typeof responseSchema>>

/** A stream that is shown event by event. */
export type Timeline = ResponseScores['timelines'][number]

const TOLERANCE = 1e-6

/** Ledgers that do not sum to the return, figures that stand twice and differ, and events that do not add up. */
export function inconsistentResponse(evaluation: {
  readonly rows: number
  readonly threats: number
  readonly cutOff: number | null
  readonly gain: Gain | null
  readonly response: ResponseScores | null
  readonly team: { readonly tp: number; readonly fn: number; readonly rewardMean: number }
  readonly agents: readonly { readonly rewardMean: number }[]
}): Inconsistency[] {
  const { rows, threats, cutOff, gain, response, team, agents } = evaluation
  const present = [cutOff, gain, response].filter((part) => part !== null).length
  if (present === 0) return []
  if (cutOff === null || gain === null || response === null)
    return [{ path: ['response'], message: 'cutOff, gain and response must be there together, or none of them' }]
  const found: Inconsistency[] = []
  const expect = (path: (string | number)[], what: string, received: number, expected: number) => {
    if (Math.abs(received - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))) return
    found.push({ path, message: `${what} must be ${expected}, received ${received}` })
  }
  const happened = team.tp + team.fn
  if (happened > threats)
    found.push({ path: ['team'], message: `tp + fn must be at most threats (${threats}), received ${happened}` })
  const { returnMean, ledger, members, references, best, bound, attacks, validity } = response
  const sum = Object.values(ledger).reduce((sum, entry) => sum + entry, 0)
  expect(['response', 'ledger'], 'the sum of the entries (returnMean)', sum, returnMean)
  expect(['team', 'rewardMean'], 'response.returnMean', team.rewardMean, returnMean)
  expect(['gain', 'team'], 'response.returnMean', gain.team, returnMean)
  expect(['gain', 'bound'], 'response.bound.returnMean', gain.bound, bound.returnMean)
  expect(['response', 'members'], 'the number of members', members.length, agents.length)
  for (const [i, agent] of agents.entries())
    expect(['agents', i, 'rewardMean'], 'that of the member', agent.rewardMean, members[i]?.returnMean ?? Number.NaN)
  if (best >= references.length) found.push({ path: ['response', 'best'], message: 'must be the place of a reference' })
  else expect(['gain', 'best'], 'the return of the best reference', gain.best, references[best].returnMean)
  const { boosting } = gain
  if (boosting !== null && references[boosting.rule]?.score !== 'boosting')
    found.push({ path: ['gain', 'boosting', 'rule'], message: 'must be the place of a reference on boosting' })
  else if (boosting !== null)
    expect(['gain', 'boosting', 'best'], 'its return', boosting.best, references[boosting.rule].returnMean)
  const shareOf = gain.bound > gain.rule ? (gain.team - gain.rule) / (gain.bound - gain.rule) : null
  if ((shareOf === null) !== (gain.share === null))
    found.push({ path: ['gain', 'share'], message: `must be ${shareOf}` })
  else if (shareOf !== null && gain.share !== null) expect(['gain', 'share'], 'the share', gain.share, shareOf)
  if (gain.low > gain.high) found.push({ path: ['gain', 'low'], message: 'must not be above high' })
  const policies = [
    ...members.map((policy, i) => ({ path: ['response', 'members', i], policy })),
    ...references.map((policy, i) => ({ path: ['response', 'references', i], policy })),
    ...attacks.map((policy, i) => ({ path: ['response', 'attacks', i], policy })),
  ]
  for (const { path, policy } of policies)
    expect(path, 'the sum of actions and cutOff (the rows)', totalActions(policy.actions) + policy.cutOff, rows)
  const known = validity.exact + validity.modelled + validity.unidentified
  expect(['response', 'validity'], 'the sum of the three shares', known, 1)
  return found
}
