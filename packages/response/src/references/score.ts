import { responseError } from '../errors.ts'
import type { Streams } from '../streams.ts'
import type { StreamView } from '../walk.ts'

/** A number for each event that rises with the threat, which rules are made on. */
export type Score = {
  /** For people: 'belief', 'boosting', 'team' */
  readonly name: string
  /** [N] log-odds of a threat by row of the dataset; null = the belief of the walk, which an all-clear begins anew */
  readonly logOdds: ArrayLike<number> | null
}

/** The belief that the environment keeps, for recordings with ratios. */
export const BELIEF: Score = { name: 'belief', logOdds: null }

/** A number at each decision. It may remember the stream: it is asked once for each decision, from the first on. */
export type Statistic = (view: StreamView) => number

/** Whom a statistic remembers: streams that come one after another need no names. */
function streamOf({ site }: StreamView): number {
  return site?.stream ?? 0
}

/** Log-odds of the present event, -Infinity where its belief is 0. */
export function levelOf({ logOdds }: Score): Statistic {
  if (logOdds === null) return ({ belief }) => Math.log(belief / (1 - belief))
  return ({ row }) => logOdds[row]
}

/** A statistic less slope * ln(1 + age): its thresholds rise with age. */
export function byAge(statistic: Statistic, slope: number): Statistic {
  return (view) => statistic(view) - slope * Math.log1p(view.age)
}

/** How log-likelihood ratios of single events are had from a score. */
export type Evidence = {
  /**
   * ratio: ln of the recording's ratio; centred: log-odds less those of the prior, for scores of the event alone; increment: what
   * the event adds to the log-odds, for scores of the stream so far.
   */
  readonly kind: 'ratio' | 'centred' | 'increment'
  /** Log-odds of a threat where nothing is known. */
  readonly prior: number
  /** Subtracted at each event: evidence below it does not add up. */
  readonly drift: number
}

/** z_t, the log-likelihood ratio of each event. */
function evidenceOf({ logOdds }: Score, { ratios }: Streams, { kind, prior, drift }: Evidence): Statistic {
  if (kind === 'ratio') return ({ row }) => Math.log(ratios![row]) - drift
  const before = new Map<number, number>()
  return (view) => {
    const from = kind === 'centred' || view.age === 0 ? prior : (before.get(streamOf(view)) ?? prior)
    before.set(streamOf(view), logOdds![view.row])
    return logOdds![view.row] - from - drift
  }
}

/** W_t = max(0, W_{t-1} + z_t) (Page 1954); 0 after an all-clear. */
export function cusum(score: Score, streams: Streams, evidence: Evidence): Statistic {
  const ratio = evidenceOf(score, streams, evidence)
  const sums = new Map<number, number>()
  return (view) => {
    const before = view.age === 0 ? 0 : (sums.get(streamOf(view)) ?? 0)
    const next = Math.max(0, before + ratio(view))
    const sum = view.sinceClear === 1 ? 0 : next
    sums.set(streamOf(view), sum)
    return sum
  }
}

/** ln R_t with R_t = (1 + R_{t-1}) exp(z_t) (Shiryaev 1963, Roberts 1966); R = 0 after an all-clear. */
export function shiryaevRoberts(score: Score, streams: Streams, evidence: Evidence): Statistic {
  const ratio = evidenceOf(score, streams, evidence)
  const logs = new Map<number, number>()
  return (view) => {
    const before = view.age === 0 ? Number.NEGATIVE_INFINITY : (logs.get(streamOf(view)) ?? Number.NEGATIVE_INFINITY)
    const next = Math.max(0, before) + Math.log1p(Math.exp(-Math.abs(before))) + ratio(view)
    const log = view.sinceClear === 1 ? Number.NEGATIVE_INFINITY : next
    logs.set(streamOf(view), log)
    return log
  }
}

/** @throws {VigilError} SCORE */
export function assertScore({ name, logOdds }: Score, { labels, ratios }: Streams): void {
  if (logOdds === null ? ratios !== null : logOdds.length === labels.length) return
  throw responseError('SCORE', {
    field: `score ${name}`,
    requirement:
      logOdds === null ? 'must be a belief over recorded ratios' : `must hold ${labels.length} values, one a row`,
    received: logOdds === null ? 'a recording without ratios' : String(logOdds.length),
    remedy: 'Score every row of the dataset',
  })
}
