import { fillUniforms, randomStream } from '@vigil/random'
import { responseError } from './errors.ts'

/** Returns per stream of one split, all over the same streams in the same order. */
export type Compared = {
  /** [streams] of allowing everything */
  readonly allow: Float64Array
  /** [streams] of the per-event rule */
  readonly rule: Float64Array
  /** [streams] of the best tuned rule, as validation chose it */
  readonly best: { readonly name: string; readonly returns: Float64Array }
  /** [streams] of the rule on boosting that did best on validation; null where there is none, or `best` is one */
  readonly boosting: Compared['best'] | null
  /** [streams] */
  readonly team: Float64Array
  /** Mean return of the optimal policy walked over the same streams, whose luck it then shares, or of the clairvoyant */
  readonly bound: number
}

/** What a team gains by knowing that actions have consequences. Means per stream, in reward units. */
export type Gain = {
  readonly allow: number
  readonly rule: number
  readonly best: number
  readonly bestName: string
  readonly team: number
  readonly bound: number
  /** (team - rule) / (bound - rule): 0 = as the per-event rule, 1 = as the bound; null where the rule reaches the bound */
  readonly share: number | null
  /** 95 % interval of team - best */
  readonly low: number
  readonly high: number
  /** The best rule on boosting, which judges single events, with the interval of team - it; null where there is none, or `best` is one */
  readonly boosting: {
    readonly best: number
    readonly bestName: string
    readonly low: number
    readonly high: number
  } | null
}

const RESAMPLES = 2_000

/**
 * A team beside rules and a bound. The interval is a paired bootstrap over streams (Efron 1979, percentiles): whole streams are
 * drawn with replacement, 2,000 times, each with the difference between team and best rule on it.
 *
 * @param seed of the draws, which are counted: the same returns give the same interval
 *
 * @example
 * gainInWords(gainOf({ allow, rule, best: { name: 'ladder', returns }, team, bound: -2.24 }, 1))
 *
 * @throws {VigilError} STREAMS
 */
export function gainOf({ allow, rule, best, boosting, team, bound }: Compared, seed: number): Gain {
  const lengths = [allow, rule, best.returns, boosting?.returns ?? team, team].map((returns) => returns.length)
  if (team.length === 0 || lengths.some((length) => length !== team.length))
    throw responseError('STREAMS', {
      field: 'returns',
      requirement: 'must be of the same streams, at least one',
      received: `${lengths.join(', ')} streams`,
      remedy: 'Walk every policy over the same split',
    })
  const means = { allow: mean(allow), rule: mean(rule), best: mean(best.returns), team: mean(team) }
  const possible = bound - means.rule
  const [low, high] = pairedInterval(team, best.returns, seed)
  const share = possible > 0 ? (means.team - means.rule) / possible : null
  const gain = { ...means, bestName: best.name, bound, share, low, high }
  if (boosting === null) return { ...gain, boosting }
  const [lowest, highest] = pairedInterval(team, boosting.returns, seed)
  return { ...gain, boosting: { best: mean(boosting.returns), bestName: boosting.name, low: lowest, high: highest } }
}

/**
 * Whether learning by consequences was needed, as one sentence. Its interval is of team - best, as its figure is. Where that rule
 * does not read boosting, a sentence before it says what the team gains over what a classifier of events is good for: the gain of a better
 * belief, which rules share, stands apart from that of a better policy.
 *
 * @example
 * gainInWords(gain) // 'RL is needed here: the team gains 0.110 (0.060 to 0.160) per stream over the best tuned rule, ladder.'
 */
export function gainInWords({ team, boosting, ...gain }: Gain): string {
  const needed = `RL is ${gain.low > 0 ? 'needed' : 'not needed'} here: ${against(team, gain, `the best tuned rule, ${gain.bestName}`)}`
  if (boosting === null) return needed
  const beside = against(team, boosting, `${boosting.bestName}, the best tuned rule on a classifier's score`)
  return `${beside[0].toUpperCase()}${beside.slice(1)} ${needed}`
}

function against(team: number, { best, low, high }: Pick<Gain, 'best' | 'low' | 'high'>, rule: string): string {
  const [difference, from, to] = [team - best, low, high].map((figure) => figure.toFixed(3))
  const figures = `${difference} (${from} to ${to})`
  return team < best
    ? `the team's return per stream differs by ${figures} from that of ${rule}.`
    : `the team gains ${figures} per stream over ${rule}.`
}

/**
 * 95 % interval of the mean difference between two policies on the same streams.
 *
 * @param first  [streams] returns, as `second`
 * @param seed   of the draws, which are counted
 * @example
 * const [low, high] = pairedInterval(team, rule, 1)
 */
export function pairedInterval(first: Float64Array, second: Float64Array, seed: number): [number, number] {
  return bootstrapInterval(
    first.map((value, stream) => value - second[stream]),
    seed,
  )
}

/** Percentiles 2.5 and 97.5 of the mean of resampled values. */
function bootstrapInterval(values: Float64Array, seed: number): [number, number] {
  const source = randomStream(seed, 'bootstrap')
  const uniforms = new Float64Array(4)
  const means = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0
    for (let i = 0; i < values.length; i++) {
      if (i % 4 === 0) fillUniforms(source, [resample, i / 4, 0], uniforms)
      sum += values[Math.floor(uniforms[i % 4] * values.length)]
    }
    means[resample] = sum / values.length
  }
  means.sort()
  const at = (share: number) => means[Math.round(share * (RESAMPLES - 1))]
  return [at(0.025), at(0.975)]
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
