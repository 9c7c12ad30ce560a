/** What a blocked intruder does: goes on with the next event, gives up, or tries the same again. */
export type BlockedIntruder = 'fail-soft' | 'fail-stop' | 'retry'

/** What a lane walks: one stream, or a window of a recording in which many streams share the analysts. */
export type ResponseLayout = 'stream' | 'site'

/**
 * What actions and events cost where an action changes what happens next, in reward units. A stream is one entity; a threat
 * of damage multiplier m costs m times what stands here.
 */
export type ResponseSpec = {
  /** Earned by every benign event that is let through. */
  readonly allowedBenign: number
  /** Done by every threat that is let through. */
  readonly damage: number
  /** Done by every threat whose intruder stays, blocked or not. */
  readonly dwell: number
  /** Cost of a benign event that is blocked. */
  readonly blockedBenign: number
  /** Cost of every benign event that a false containment cuts off. */
  readonly cutOffBenign: number
  /** Cost of a containment: quarantine, or the analyst's. */
  readonly containment: number
  /** Cost of a containment where no event of the stream has been a threat. */
  readonly falseContainment: number
  /** Cost of every alert, whether or not it opens a ticket. */
  readonly alertCost: number
  /** Events between an alert and the analyst's verdict: of the stream, or in layout `site` of the site. */
  readonly analystDelay: number
  /** Share of the verdicts that are right, 0.5 to 1. */
  readonly analystAccuracy: number
  readonly block: BlockedIntruder
  readonly layout: ResponseLayout
  /** Layout `site`: tickets that may be open at once. */
  readonly tickets: number
  /** Layout `site`: alerts that are heard in a shift, 0 = any number. */
  readonly alertsPerShift: number
  /** Layout `site`: events of the site in a shift, 0 = there are no shifts. */
  readonly shift: number
}

/** Quickest detection with tickets as measured in docs/respond.md. */
export const DEFAULT_RESPONSE: ResponseSpec = {
  allowedBenign: 0.02,
  damage: 0.6,
  dwell: 0.4,
  blockedBenign: 0.3,
  cutOffBenign: 0.1,
  containment: 2,
  falseContainment: 8,
  alertCost: 1,
  analystDelay: 5,
  analystAccuracy: 1,
  block: 'fail-soft',
  layout: 'stream',
  tickets: 1,
  alertsPerShift: 0,
  shift: 0,
}

/** The most events that an analyst may take. */
export const ANALYST_DELAY_MAX = 10_000

/** The most tickets that may be open at once, and the most events of a shift; the first in assembly/site.ts as well. */
export const TICKETS_MAX = 64
export const SHIFT_MAX = 1_000_000

/** How often an intruder tries a blocked event again; in assembly/response.ts as well. */
export const RETRIES_MAX = 3

/** Numbers of a blocked intruder's ways in assembly/response.ts. */
export const BLOCK_NUMBERS: Readonly<Record<BlockedIntruder, number>> = { 'fail-soft': 0, 'fail-stop': 1, retry: 2 }

/** Where rewards come from, in the order of a ledger: a stream's return is the sum of its entries. */
export const LEDGER_ENTRIES = [
  'allowedBenign',
  'damage',
  'dwell',
  'blockedBenign',
  'containment',
  'falseContainment',
  'cutOffBenign',
  'alerts',
] as const

export type LedgerEntry = (typeof LEDGER_ENTRIES)[number]

/** Stands for the action on an event that was cut off: it never happened. */
export const CUT_OFF = 255

/** How what a classifier says of events becomes the belief about their stream. */
export type BeliefSpec = {
  /** Probability per event that a stream comes under attack; 0 = what is said of an event is said of its stream up to then. */
  readonly hazard: number
  /** Odds of what the classifier looks for among the events that it learnt from; 1 without a hazard. */
  readonly prior: number
  /** Share of the events of a stream under attack that the classifier looks for; 1 without a hazard. */
  readonly share: number
}

/** Odds are kept within these: a score of 1 is no certainty. */
const ODDS_MAX = 1e6

/**
 * The ratio by which an event moves the belief about its stream (`Consequences.ratios`). Without a hazard these are the odds of the
 * probability. With one it is a likelihood ratio: events of a stream under attack are a mixture, `share` of them like those that the
 * classifier looks for and the others like those of any stream.
 *
 * @example
 * ```ts
 * beliefRatio({ hazard: 0, prior: 1, share: 1 }, 0.75) // 3
 * beliefRatio({ hazard: 0.01, prior: 0.5, share: 0.25 }, 0.75) // 0.75 + 0.25 * 3 / 0.5 = 2.25
 * ```
 *
 * @param probability 0 to 1, what the classifier says of the event
 * @returns above 0
 */
export function beliefRatio({ prior, share }: Pick<BeliefSpec, 'prior' | 'share'>, probability: number): number {
  const odds = Math.min(ODDS_MAX, Math.max(1 / ODDS_MAX, probability / (1 - probability)))
  return 1 - share + (share * odds) / prior
}
