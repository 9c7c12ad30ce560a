import type { Config } from '@vigil/config'
import { checkpointError, type InputPlaces } from '@vigil/ppo'
import type { RunData } from './session.ts'

/**
 * Inputs that the agents do not read: those of the past, where a belief is made from the order of events and so has all that they
 * tell. What they tell again is learnt by heart: few training streams are attacked.
 *
 * @returns null where the agents read all inputs
 */
export function hiddenInputs(
  { belief }: Pick<Config, 'belief'>,
  { present, dataset }: Pick<RunData, 'present' | 'dataset'>,
): InputPlaces | null {
  if (belief !== 'hidden-markov' || present === null) return null
  const read = [...present.inputs, ...present.constants, ...(present.kind === null ? [] : [present.kind])]
  const hidden = (names: readonly string[]) => names.flatMap((name, place) => (read.includes(name) ? [] : [place]))
  return {
    dense: hidden(dataset.denseNames),
    categorical: hidden(dataset.categoricalColumns.map(({ name }) => name)),
  }
}

/**
 * Refuses weights by which agents read a hidden input: they would act on it for ever, since nothing learns them any more.
 *
 * @param mask as of inputMaskOf
 * @param source where the weights are from, for the message
 * @throws {VigilError} OUTDATED
 */
export function assertNothingHiddenIsRead(parameters: Float32Array, mask: Uint8Array | null, source: string): void {
  if (mask === null || parameters.every((weight, i) => mask[i] === 1 || weight === 0)) return
  throw checkpointError(
    'OUTDATED',
    `The weights of ${source} read inputs that agents of this version do not read: it was trained by an earlier version. Train a new team.`,
  )
}
