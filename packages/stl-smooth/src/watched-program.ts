import { type CompileOptions, invariantOf, type Program, parse } from '@vigil/stl'
import { reachOf } from '@vigil/stl/program'
import { compileSmooth } from './compile-smooth.ts'
import { BINARY_SIGNALS, isRelaxed, windowedSignal } from './decision-signals.ts'
import { assertSmooth } from './negation-normal-form.ts'

/**
 * What is watched at every step: of an invariant it is what has to hold at every step, see invariantOf(); other formulas are watched as they are.
 *
 * @throws {StlError} as compile() does
 */
export function watchedProgram(formula: string, options: CompileOptions): Program {
  return compileSmooth(invariantOf(parse(formula, options)), options)
}

/**
 * Steps of history on which the gradient of a window depends; Infinity without end. The first value that the window can
 * still change is for as many steps before it as the program looks ahead, and looks back from there. The window of a
 * signal counts whole, one step more than it needs, as in the histories that checkpoints have.
 *
 * @param program one that reads decision signals alone ({@link isRelaxed}); their own windows are counted
 */
export function historyReach(program: Program): number {
  const { back, forward } = reachOf(program)
  return forward + back + Math.max(0, ...program.signals.map((name) => windowedSignal(name)?.width ?? 0))
}

/**
 * Refuses what directGradient() would refuse of a formula itself, before there is anything to differentiate. A formula that
 * reads more than decisions and labels has no direct gradient, and is not looked at.
 *
 * @throws {StlError} NOT_SMOOTH; as compile() does
 */
export function assertDirectlyLearnable(formula: string): void {
  const program = watchedProgram(formula, {})
  if (program.signals.every(isRelaxed)) assertSmooth(program, BINARY_SIGNALS)
}
