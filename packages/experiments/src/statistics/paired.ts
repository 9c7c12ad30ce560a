import { bootstrapInterval, type Interval } from './bootstrap.ts'
import { meanOf } from './interquartile-mean.ts'

/** Differences of pairs of runs, by task: both of a pair met the same events. None of the tasks is empty. */
type Paired = readonly (readonly number[])[]

/**
 * The mean difference of pairs and its 95 % interval. Pairs are drawn again as they are: what both owe to their events is in
 * neither the difference nor the interval.
 */
export function pairedDifference(differences: readonly number[], lane = 0): Interval & { readonly difference: number } {
  return {
    difference: meanOf(differences),
    ...bootstrapInterval([differences], ([drawn]) => meanOf(drawn), { lane }),
  }
}

/**
 * The share of pairs whose difference is above 0, ties half, mean over the tasks, and its 95 % interval: pairs are drawn again,
 * task by task. Tasks may have units of their own.
 *
 * Differs from the probability of improvement of arXiv:2108.13264, section 4.3, which compares every run of one side with every run
 * of the other, as independent runs allow.
 */
export function shareAhead(tasks: Paired): Interval & { readonly share: number } {
  const ahead = tasks.map((differences) => differences.map((difference) => (Math.sign(difference) + 1) / 2))
  const mean = (drawn: Paired) => meanOf(drawn.map(meanOf))
  return { share: mean(ahead), ...bootstrapInterval(ahead, mean) }
}
