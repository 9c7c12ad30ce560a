import { invariantOf } from '../language/invariant.ts'
import { parse } from '../language/parse.ts'
import type { CompileOptions } from '../program/compile.ts'
import { OP, type Program } from '../program/program.ts'
import { compileSmooth } from './smooth-robustness.ts'

/**
 * What is watched at every step: of an invariant it is what has to hold at every step, see invariantOf(); other formulas are watched as they are.
 *
 * @throws {StlError} as compile() does
 */
export function watchedProgram(formula: string, options: CompileOptions): Program {
  return compileSmooth(invariantOf(parse(formula, options)), options)
}

/** Steps that the value at a step depends on ahead of it; Infinity without end. */
export function reachAhead({ operations, result }: Program): number {
  const reach: number[] = []
  for (const { op, a, b, width } of operations) {
    const operands = Math.max(a < 0 ? 0 : reach[a], b < 0 ? 0 : reach[b])
    const isWindow = op === OP.futureMaximum || op === OP.futureMinimum || op === OP.until
    const own = op === OP.advance ? width : isWindow ? (width === 0 ? Number.POSITIVE_INFINITY : width - 1) : 0
    reach.push(operands + own)
  }
  return reach[result]
}
