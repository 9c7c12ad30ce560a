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
export function gainOf({ allow, rule, best, team, bound }: Compared, seed: number): Gain {
  const lengths = [allow, rule, best.returns, team].map((returns) => returns.length)
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
  return { ...means, bestName: best.name, bound, share, low, high }
}

/**
 * Whether learning by consequences was needed, as one sentence. Its interval is of team - best, as its figure is.
 *
 * @example
 * gainInWords(gain) // 'RL is needed here: the team gains 0.110 (0.060 to 0.160) per stream over the best tuned rule, ladder.'
 */
export function gainInWords({ team, best, bestName, low, high }: Gain): string {
  const verdict = low > 0 ? 'needed' : 'not needed'
  const [difference, from, to] = [team - best, low, high].map((figure) => figure.toFixed(3))
  const figures = `${difference} (${from} to ${to})`
  return team < best
    ? `RL is ${verdict} here: the team's return per stream differs by ${figures} from that of the best tuned rule, ${bestName}.`
    : `RL is ${verdict} here: the team gains ${figures} per stream over the best tuned rule, ${bestName}.`
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
