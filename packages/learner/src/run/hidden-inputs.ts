import type { Config } from '@vigil/config'
import type { InputPlaces } from '@vigil/ppo'
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
