/** What a worker's answer means for whoever asked. */
import { compileConstraints, type EnvironmentSpec } from '@vigil/env-wasm'
import type { VigilError } from '@vigil/errors'
import { actorError } from './errors.ts'
import type { TaskResult } from './tasks.ts'

/**
 * Running the task again would not help: the same weights give the same NaN, the same decisions the same signals.
 *
 * @throws {VigilError} NON_FINITE_POLICY, SPECIFICATION_VALUE
 */
export function assertWorked(result: TaskResult, environment: EnvironmentSpec): TaskResult {
  if (typeof result === 'object' && 'instruction' in result) throw withoutValue(result.instruction, environment)
  if (result !== 'non-finite') return result
  throw actorError(
    'NON_FINITE_POLICY',
    'The policy gave NaN or infinite logits: training has diverged. Lower the learning rate, or resume from an earlier checkpoint.',
  )
}

/** @param instruction of the environment's monitors, whose value was no number */
function withoutValue(instruction: number, environment: EnvironmentSpec): VigilError {
  const { monitor, operation } = compileConstraints(environment).bank!.sources[instruction]
  const formula = environment.specifications[monitor]
  const part = formula.slice(operation.span.start, operation.span.end)
  return actorError(
    'SPECIFICATION_VALUE',
    `specifications[${monitor}] "${formula}" met a step at which ${part} has no value: a division by zero, a root of a negative number, or inf - inf. Rule such steps out, for example by max(divisor, 0.001).`,
  )
}
