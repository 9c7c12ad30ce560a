import { bootstrapInterval, type Interval, type Strata } from './bootstrap.ts'
import { meanOf } from './interquartile-mean.ts'

/**
 * How likely one run of X is better than one of Y on the same task, mean over the tasks (arXiv:2108.13264, section 4.3):
 *
 *   P(X > Y) = 1/T sum_t 1/(N M) sum_ij S(x_ti, y_tj),   S = 1 where x > y, 1/2 where they are equal, else 0
 *
 * @param x [tasks][N] scores, more is better
 * @param y [tasks][M] of the same tasks in the same order
 */
export function probabilityOfImprovement(x: Strata, y: Strata): number {
  return meanOf(
    x.map((scores, task) => meanOf(scores.flatMap((own) => y[task].map((other) => (Math.sign(own - other) + 1) / 2)))),
  )
}

/** That probability and its 95 % interval: both sides are drawn again, task by task. */
export function improvementOver(x: Strata, y: Strata, lane = 0): Interval & { readonly probability: number } {
  const of = (drawn: Strata) => probabilityOfImprovement(drawn.slice(0, x.length), drawn.slice(x.length))
  return { probability: probabilityOfImprovement(x, y), ...bootstrapInterval([...x, ...y], of, { lane }) }
}
