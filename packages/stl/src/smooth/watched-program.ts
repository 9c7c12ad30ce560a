import { parse } from '../language/parse.ts'
import type { CompileOptions } from '../program/compile.ts'
import type { Program } from '../program/program.ts'
import { reachOf } from '../program/reach.ts'
import { windowOf } from './relaxed-signals.ts'
import { compileSmooth } from './smooth-robustness.ts'

/**
 * What is watched at every step: of an invariant `G (phi)` it is phi, as monitors do; other formulas are watched as they are.
 *
 * @throws {StlError} as compile() does
 */
export function watchedProgram(formula: string, options: CompileOptions): Program {
  const specification = parse(formula, options)
  const { formula: whole } = specification
  const isInvariant = whole.kind === 'temporal' && whole.operator === 'always' && whole.interval === null
  return compileSmooth(isInvariant ? { ...specification, formula: whole.operand } : specification, options)
}

/**
 * Steps of history on which the gradient of a window depends; Infinity without end. The first value that the window can
 * still change is for as many steps before it as the program looks ahead, and looks back from there.
 *
 * @param program one that reads decision signals alone ({@link isRelaxed}); their own windows are counted
 */
export function historyReach(program: Program): number {
  const { back, forward } = reachOf(program)
  return forward + back + Math.max(1, ...program.signals.map(windowOf)) - 1
}
