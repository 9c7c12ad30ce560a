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

/** Odds are kept within these: a score of 1 is no certainty. */
const ODDS_MAX = 1e6

/**
 * The odds by which the environment believes what a probability says, where the belief is learnt.
 *
 * @example
 * ```ts
 * beliefOdds(0.75) // 3
 * beliefOdds(1) // 1e6
 * ```
 *
 * @param probability 0 to 1, that the stream is under attack
 */
export function beliefOdds(probability: number): number {
  return Math.min(ODDS_MAX, Math.max(1 / ODDS_MAX, probability / (1 - probability)))
}
