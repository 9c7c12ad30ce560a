import type { Streams } from '../streams.ts'
import { ALERT, ALLOW, BLOCK, type Policy, QUARANTINE, type ResponseSettings } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { calibrated, calibrationOf } from './calibrate.ts'
import { type ContainmentLimit, containmentLimitOf } from './containment-limit.ts'
import { stoppingLabels } from './induced-stopping.ts'
import { ladder, ladderByAnalysts, NEVER, type Thresholds } from './ladder.ts'
import { meanMultiplier, perEventRule } from './per-event-rule.ts'
import {
  assertScore,
  byAge,
  cusum,
  type Evidence,
  levelOf,
  type Score,
  type Statistic,
  shiryaevRoberts,
} from './score.ts'
import { levelsOf, roughReturn, type Tuned, tuneLadders, tuneThresholds } from './tune-thresholds.ts'

/** A rule without learning by consequences, as it came out of validation streams. */
export type TunedRule = {
  /** 'always-allow', 'per-event', 'threshold', ... */
  readonly name: string
  /** Name of the score that it decides by; null of constants */
  readonly score: string | null
  /** What was tuned; null = without end: a threshold that is never reached, quiet for good */
  readonly parameters: Readonly<Record<string, number | string | null>>
  /** Mean return of the validation streams */
  readonly validation: number
  /** Whether it keeps the limit on false containments there; so does every rule without one */
  readonly isWithinLimit: boolean
  /** For streams of the same dataset */
  readonly policy: Policy
}

/** What rules are tuned for: the highest return, of those that keep the limit on false containments, where there is one. */
export type TuningSettings = ResponseSettings & { readonly limit?: ContainmentLimit | null }

/** A rule before it is known whether it keeps the limit. */
type Candidate = Omit<TunedRule, 'isWithinLimit'>

type Tuning = { readonly streams: Streams; readonly settings: TuningSettings; readonly score: Score }

/**
 * Rules that a team must beat, each with the parameters that return most on validation streams: the constants, and for each
 * score the per-event rule, a threshold, ladders, thresholds by age, CUSUM, Shiryaev-Roberts and induced stopping, at sites a ladder for
 * each situation of the analysts, and where streams have criticalities a ladder for each. One rule after another, so that whoever asks can show how far it is.
 *
 * @example
 * const rules = [...tunedRules(validation, settings, [BELIEF, { name: 'boosting', logOdds }])]
 * const table = rules.map(({ name, policy }) => [name, walkAll(test, settings, policy).returns])
 *
 * @throws {VigilError} STREAMS, SCORE
 */
export function* tunedRules(
  streams: Streams,
  settings: TuningSettings,
  scores: readonly Score[],
): Generator<TunedRule, void> {
  for (const score of scores) assertScore(score, streams)
  for (const rule of candidates(streams, settings, scores)) yield judged(rule, streams, settings)
}

function* candidates(streams: Streams, settings: TuningSettings, scores: readonly Score[]): Generator<Candidate, void> {
  for (const [name, action] of Object.entries(CONSTANTS)) {
    const policy = () => action
    yield { name, score: null, parameters: {}, validation: meritOf(streams, settings, policy), policy }
  }
  const hasCriticality = criticalitiesOf(streams).length > 1
  for (const score of scores) {
    for (const family of FAMILIES) {
      const rule = family({ streams, settings, score })
      yield rule
      if (rule.name === 'ladder' && streams.order !== undefined)
        yield ladderOfAnalysts({ streams, settings, score }, rule.parameters)
    }
    if (hasCriticality) yield ladderByCriticality({ streams, settings, score })
  }
}

/** The rules of tunedRules that compare one score with thresholds, in its order. @throws {VigilError} STREAMS, SCORE */
export function* tunedLadders(streams: Streams, settings: TuningSettings, score: Score): Generator<TunedRule, void> {
  assertScore(score, streams)
  const tuning = { streams, settings, score }
  for (const ladder of LADDERS) yield judged(ladder(tuning), streams, settings)
  if (criticalitiesOf(streams).length > 1) yield judged(ladderByCriticality(tuning), streams, settings)
}

/**
 * Alert < block < quarantine on a score, with the thresholds that return most on validation streams.
 *
 * @example
 * const { policy } = tunedLadder(validation, { spec: { ...spec, alertCost: spec.alertCost + 0.5 }, seed }, BELIEF)
 *
 * @throws {VigilError} STREAMS, SCORE
 */
export function tunedLadder(streams: Streams, settings: TuningSettings, score: Score): TunedRule {
  assertScore(score, streams)
  return judged(levelRule('ladder', LADDER, { streams, settings, score }), streams, settings)
}

const CONSTANTS = {
  'always-allow': ALLOW,
  'always-block': BLOCK,
  'always-quarantine': QUARANTINE,
  'always-alert': ALERT,
}

type Family = (tuning: Tuning) => Candidate

const LADDER: Tuned = ['alert', 'block', 'quarantine']

const LADDERS: readonly Family[] = [
  (tuning) => levelRule('threshold', ['quarantine'], tuning),
  (tuning) => levelRule('alert-ladder', ['alert', 'quarantine'], tuning),
  (tuning) => levelRule('block-ladder', ['block', 'quarantine'], tuning),
  (tuning) => levelRule('ladder', LADDER, tuning),
]

const FAMILIES: readonly Family[] = [
  perEvent,
  ...LADDERS,
  thresholdByAge,
  (tuning) => changeDetector('cusum', cusum, [0, 0.5], tuning),
  (tuning) => changeDetector('shiryaev-roberts', shiryaevRoberts, [0], tuning),
  inducedStopping,
]

function perEvent({ streams, settings, score }: Tuning): Candidate {
  const level = levelOf(score)
  const isExact = score.logOdds === null && streams.hazard > 0
  const logOdds = score.logOdds ?? Float64Array.from(streams.ratios!, Math.log)
  const calibration = isExact ? { slope: 1, intercept: 0 } : calibrationOf(logOdds, streams.labels, streams.rows)
  const policy = perEventRule(settings.spec, meanMultiplier(streams), (view) => calibrated(calibration, level(view)))
  return {
    name: 'per-event',
    score: score.name,
    parameters: calibration,
    validation: meritOf(streams, settings, policy),
    policy,
  }
}

/** Events of quiet after an all-clear that are tried: what raised a false alarm may go on for a while. */
const CALMS = [10, 40, Number.POSITIVE_INFINITY]

function levelRule(name: string, tuned: Tuned, tuning: Tuning): Candidate {
  const statistic = levelOf(tuning.score)
  const restless = tunedVariant(tuned, tuning, { statistic, calm: 0, parameters: {} })
  // With an all-clear an exact belief begins anew, and the quickest of all is at once.
  const beginsAnew = tuning.score.logOdds === null && tuning.streams.criticality === undefined
  if (!tuned.includes('alert') || beginsAnew) return asRule(name, tuned, tuning, restless)
  const calms = CALMS.map((calm) => ({ statistic, calm, parameters: { calm: finite(calm) } }))
  const calmest = mostBy(calms, (variant) => prepared(tuning, variant).objective(restless.thresholds))
  const quiet = tunedVariant(tuned, tuning, calmest)
  return asRule(name, tuned, tuning, quiet.value > restless.value ? quiet : restless)
}

/** Thresholds that are tuned on fewer streams than these are luck. */
const STREAMS_MIN = 50

/** Criticalities of the streams, ascending; empty where some has few streams or none is known, and on sites, whose streams share analysts. */
function criticalitiesOf({ rows, streamStarts, criticality, order }: Streams): number[] {
  if (criticality === undefined || order !== undefined) return []
  const counts = new Map<number, number>()
  for (const [stream, end] of streamStarts.subarray(1).entries()) {
    if (end === streamStarts[stream]) continue
    const value = criticality[rows[end - 1]]
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return Math.min(...counts.values()) < STREAMS_MIN ? [] : [...counts.keys()].sort((a, b) => a - b)
}

/** A ladder of its own for each criticality, with its own quiet after an all-clear; what validation has not seen is allowed. */
function ladderByCriticality({ streams, settings, score }: Tuning): Candidate {
  const { criticality } = streams
  const parameters: Record<string, number | string | null> = {}
  const policies = new Map<number, Policy>()
  for (const value of criticalitiesOf(streams)) {
    const own = streamsWhere(streams, (row) => criticality![row] === value)
    const share = { streams: own, settings: withShareOf(settings, own), score }
    const rule = levelRule('ladder', LADDER, share)
    for (const [name, tuned] of Object.entries(rule.parameters)) parameters[`${name} at ${value}`] = tuned
    policies.set(value, rule.policy)
  }
  const policy: Policy = (view) => policies.get(criticality![view.row])?.(view) ?? ALLOW
  const validation = meritOf(streams, settings, policy)
  return { name: 'ladder-by-criticality', score: score.name, parameters, validation, policy }
}

/** A ladder for each situation of a site's analysts. @param from those of the ladder that is best where all are one */
function ladderOfAnalysts(tuning: Tuning, from: TunedRule['parameters']): Candidate {
  const { streams, settings, score } = tuning
  const { tickets } = settings.spec
  const statistic = levelOf(score)
  const at = (name: string) => (from[name] ?? Number.POSITIVE_INFINITY) as number
  const calm = 'calm' in from ? at('calm') : 0
  const { levels, used } = prepared(tuning, { statistic, calm, parameters: {} })
  const thresholds = { alert: at('alert'), block: at('block'), quarantine: at('quarantine') }
  const situations = ['unheard', 'one free', 'more free'].slice(0, Math.min(2, tickets) + 1)
  const tuned = situations.map((_, free): Tuned => (free === 0 ? ['block', 'quarantine'] : LADDER))
  const { ladders, value } = tuneLadders(levels, tuned, thresholds, (chosen) =>
    meritOf(streams, settings, ladderByAnalysts(used, chosen, { tickets, calm })),
  )
  const parameters = situations.flatMap((situation, free) =>
    tuned[free].map((action) => [`${action} ${situation}`, finite(ladders[free][action])] as const),
  )
  return {
    name: 'ladder-by-analysts',
    score: score.name,
    parameters: { ...(calm > 0 && { calm: finite(calm) }), ...Object.fromEntries(parameters) },
    validation: value,
    policy: ladderByAnalysts(statistic, ladders, { tickets, calm }),
  }
}

/** The streams whose first row is wanted. */
function streamsWhere(streams: Streams, isWanted: (row: number) => boolean): Streams {
  const rows: number[] = []
  const streamStarts = [0]
  for (const [stream, end] of streams.streamStarts.subarray(1).entries()) {
    const start = streams.streamStarts[stream]
    if (start === end || !isWanted(streams.rows[start])) continue
    rows.push(...streams.rows.subarray(start, end))
    streamStarts.push(rows.length)
  }
  return { ...streams, rows: Uint32Array.from(rows), streamStarts: Uint32Array.from(streamStarts) }
}

const SLOPES = [-0.5, -0.25, 0, 0.25, 0.5]

function thresholdByAge(tuning: Tuning): Candidate {
  const level = levelOf(tuning.score)
  const variants = SLOPES.map((slope) => ({ statistic: byAge(level, slope), calm: 0, parameters: { slope } }))
  return bestVariant('threshold-by-age', ['alert', 'quarantine'], tuning, variants)
}

function changeDetector(name: string, statisticOf: typeof cusum, drifts: readonly number[], tuning: Tuning): Candidate {
  const { streams, score } = tuning
  const threats = streams.rows.reduce((sum, row) => sum + streams.labels[row], 0)
  const prior = Math.log((threats + 1) / (streams.rows.length - threats + 1))
  const kinds: readonly Evidence['kind'][] = score.logOdds === null ? ['ratio'] : ['centred', 'increment']
  const variants = kinds.flatMap((kind) =>
    drifts.map((drift) => ({
      statistic: statisticOf(score, streams, { kind, prior, drift }),
      calm: 0,
      parameters: { evidence: kind, drift },
    })),
  )
  return bestVariant(name, ['alert', 'quarantine'], tuning, variants)
}

/** Classifier-induced stopping: quarantine where a stop is likelier than not to be right in hindsight. */
function inducedStopping({ streams, settings, score }: Tuning): Candidate {
  const statistic = levelOf(score)
  const logOdds = new Float64Array(streams.labels.length)
  for (const [position, value] of valuesOf(streams, settings, statistic).entries())
    logOdds[streams.rows[position]] = value
  const stops = stoppingLabels(streams, settings.spec)
  const { slope, intercept } = calibrationOf(logOdds, stops, streams.rows)
  const quarantine = slope > 0 ? -intercept / slope : Number.POSITIVE_INFINITY
  const policy = ladder(statistic, { ...NEVER, quarantine })
  return {
    name: 'induced-stopping',
    score: score.name,
    parameters: { quarantine: finite(quarantine) },
    validation: meritOf(streams, settings, policy),
    policy,
  }
}

/** A statistic, and the events of quiet after an all-clear. */
type Variant = {
  readonly statistic: Statistic
  readonly calm: number
  readonly parameters: TunedRule['parameters']
}

type TunedVariant = Variant & { readonly thresholds: Thresholds; readonly value: number }

/** The variant that does best, roughly tuned, with its thresholds tuned in full; where there is a limit, which few rough choices keep, all are. */
function bestVariant(name: string, tuned: Tuned, tuning: Tuning, variants: readonly Variant[]): Candidate {
  if (tuning.settings.limit != null) {
    const all = variants.map((variant) => tunedVariant(tuned, tuning, variant))
    return asRule(
      name,
      tuned,
      tuning,
      mostBy(all, ({ value }) => value),
    )
  }
  const best = mostBy(variants, (variant) => {
    const { levels, objective } = prepared(tuning, variant)
    return roughReturn(levels, tuned, objective)
  })
  return asRule(name, tuned, tuning, tunedVariant(tuned, tuning, best))
}

function tunedVariant(tuned: Tuned, tuning: Tuning, variant: Variant): TunedVariant {
  const { levels, objective } = prepared(tuning, variant)
  return { ...variant, ...tuneThresholds(levels, tuned, objective, tuning.settings.limit != null) }
}

/** Levels for the thresholds of a variant, its statistic as tuning asks for it, and what it returns under some of them. */
function prepared({ streams, settings }: Tuning, { statistic, calm }: Variant) {
  const values = valuesOf(streams, settings, statistic)
  // Until an all-clear, events and so the statistic are the same under all policies, unless a blocked
  // intruder or a phase that does not happen changes them.
  const quick: Statistic = (view) => (view.sinceClear === 0 ? values[view.position] : statistic(view))
  const isExogenous = settings.spec.block === 'fail-soft' && !streams.order?.needs.some((phase) => phase > 0)
  const used = isExogenous ? quick : statistic
  return {
    levels: levelsOf(values),
    used,
    objective: (thresholds: Thresholds) => meritOf(streams, settings, ladder(used, thresholds, calm)),
  }
}

function asRule(name: string, tuned: Tuned, { score }: Tuning, variant: TunedVariant): Candidate {
  const { statistic, calm, parameters, thresholds, value } = variant
  const chosen = Object.fromEntries(tuned.map((action) => [action, finite(thresholds[action])]))
  return {
    name,
    score: score.name,
    parameters: { ...parameters, ...chosen },
    validation: value,
    policy: ladder(statistic, thresholds, calm),
  }
}

/** [n] a statistic by position, where all events are allowed. */
function valuesOf(streams: Streams, settings: ResponseSettings, statistic: Statistic): Float64Array {
  const values = new Float64Array(streams.rows.length)
  walkAll(streams, settings, (view) => {
    values[view.position] = statistic(view)
    return ALLOW
  })
  return values
}

/** What tuning maximises: the mean return, and below every return what passes the limit, the further the more it does. */
function meritOf(streams: Streams, { limit, ...settings }: TuningSettings, policy: Policy): number {
  const { returns, benignContained } = walkAll(streams, settings, policy)
  const excess = limit == null ? 0 : benignContained - limit.allowed
  if (excess > 0) return (-Number.MAX_VALUE / returns.length) * excess
  return meanOf(returns)
}

/** A rule with what it returns on the streams that it was tuned on, and whether it keeps the limit there. */
function judged(rule: Candidate, streams: Streams, { limit, ...settings }: TuningSettings): TunedRule {
  if (limit == null) return { ...rule, isWithinLimit: true }
  const { returns, benignContained } = walkAll(streams, settings, rule.policy)
  return { ...rule, validation: meanOf(returns), isWithinLimit: benignContained <= limit.allowed }
}

/** 0 of nothing. */
function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** The settings with as much of the limit as some of its streams have of those without a threat. */
function withShareOf({ limit, ...settings }: TuningSettings, streams: Streams): TuningSettings {
  if (limit == null) return settings
  const { benign } = containmentLimitOf(streams, limit.max)
  return {
    ...settings,
    limit: { ...limit, benign, allowed: Math.floor((limit.allowed * benign) / Math.max(1, limit.benign)) },
  }
}

/** The first of the values that count most. */
function mostBy<Value>(values: readonly Value[], worthOf: (value: Value) => number): Value {
  const worth = values.map(worthOf)
  return values[worth.indexOf(Math.max(...worth))]
}

/** JSON knows no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
