import { commandError, type Flags, type FlagTable, numberFlag, switchFlag } from '@vigil/command-line'
import type { Bundle } from '@vigil/runs'
import { createNearestEvents, type NearestEvents } from './nearest-events.ts'
import { readSample } from './sample-file.ts'

const NEAREST = { min: 1, max: 50, integer: true } as const

/** The flag that asks for training events beside each decision. */
export const NEAREST_FLAG = {
  nearest: {
    value: 'N',
    about: 'with --why: so many training events that are nearest, with their labels',
    number: NEAREST,
  },
} as const satisfies FlagTable

/** What finds the training events that are nearest, of the sample in a bundle. */
export type NearestOf = (bundle: Bundle) => Promise<NearestEvents>

/**
 * @returns null where nobody asks for training events; the function throws SAMPLE_INVALID where the run has no sample of the bundle
 * @throws {VigilError} INVALID_VALUE without --why
 */
export function nearestFlag(flags: Flags, run: string): NearestOf | null {
  const count = numberFlag(flags, 'nearest', NEAREST)
  if (count === undefined) return null
  if (!switchFlag(flags, 'why'))
    throw commandError('INVALID_VALUE', '--nearest is part of the reasons. Give --why, too.')
  return async (bundle) => createNearestEvents(await readSample(run, bundle), count)
}
