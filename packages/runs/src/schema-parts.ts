import { DEFAULT_RESPONSE, SHIFT_MAX, TICKETS_MAX } from '@vigil/env-wasm'
import { z } from 'zod'

/** How often something happened. */
export const count = z.int().nonnegative()

/** A part of a whole, 0 to 1. */
export const share = z.number().min(0).max(1)

/** A name that the product gives: of a data set, a rule, a baseline. */
export const label = z.string().min(1)

/** SHA-256 in lower-case hex. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** The reward table of the run (env-wasm/src/reward-table.ts), in reward units. */
export const rewardTable = z.strictObject({
  truePositive: z.number(),
  trueNegative: z.number(),
  falsePositive: z.number(),
  falseNegative: z.number(),
  restrictiveCost: z.number(),
  alertCost: z.number(),
  alertedThreat: share,
})

const cost = z.number().nonnegative()

/** What actions cost where they have consequences (env-wasm/src/response-spec.ts), in reward units. */
export const responseCosts = z.strictObject({
  allowedBenign: cost,
  damage: cost,
  dwell: cost,
  blockedBenign: cost,
  cutOffBenign: cost,
  containment: cost,
  falseContainment: cost,
  alertCost: cost,
  analystDelay: z.int().min(0).max(10_000),
  analystAccuracy: z.number().min(0.5).max(1),
  block: z.enum(['fail-soft', 'fail-stop', 'retry']),
  // Files from before there were sites do not have these.
  layout: z.enum(['stream', 'site']).default(DEFAULT_RESPONSE.layout),
  tickets: z.int().min(1).max(TICKETS_MAX).default(DEFAULT_RESPONSE.tickets),
  alertsPerShift: z.int().min(0).max(SHIFT_MAX).default(DEFAULT_RESPONSE.alertsPerShift),
  shift: z.int().min(0).max(SHIFT_MAX).default(DEFAULT_RESPONSE.shift),
})

/** Decisions by action. Restrictive actions are block and quarantine. */
export const actionCounts = z.strictObject({ allow: count, block: count, quarantine: count, alert: count })

/** Decisions by action: allow, block, quarantine, alert; whole numbers. */
export type ActionCounts = Readonly<z.infer<typeof actionCounts>>

/** Decisions of all kinds together. */
export function totalActions({ allow, block, quarantine, alert }: ActionCounts): number {
  return allow + block + quarantine + alert
}

/** The first complaint of a failed parse as "field: requirement", for messages that people read. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  const field = issue.path.length === 0 ? 'the whole value' : issue.path.map(String).join('.')
  return `${field}: ${issue.message}`
}
