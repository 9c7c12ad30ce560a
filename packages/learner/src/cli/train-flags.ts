import { type Flags, type FlagTable, numberFlag, switchFlag } from '@vigil/command-line'
import { configError } from '@vigil/config'

/** Settings that may be given to a run that goes on, besides its length: they change speed or place, never results. */
export const RESUME_SETTINGS = ['actors', 'engineThreads', 'data'] as const

/** What a training begins from. */
export const BEGIN_FLAGS = {
  config: { value: 'FILE', about: 'JSON object of settings, which flags overrule: { "learningRate": 0.001 }' },
  resume: {
    value: 'FOLDER',
    about: 'go on with the run in this folder, with its settings; more --iterations make it longer',
  },
  from: {
    value: 'FOLDER',
    about:
      "begin a new run from the best weights and the features of the run in this folder; categories may be new, and settings of the team are that run's",
  },
} as const satisfies FlagTable

const ITERATION = { min: 1, max: 1_000_000, integer: true } as const

/** How far it goes. */
export const END_FLAGS = {
  'pause-after': {
    value: 'N',
    about: 'saves and ends after this iteration; --resume goes on as if nothing had been',
    number: ITERATION,
  },
  'skip-evaluation': { about: 'ends when training ends; learner:evaluate evaluates later' },
} as const satisfies FlagTable

/** The iteration of `--pause-after`, or null. @throws {VigilError} INVALID_VALUE */
export function pauseOf(flags: Flags): number | null {
  return numberFlag(flags, 'pause-after', ITERATION) ?? null
}

/** Whether an evaluation follows. @param hasBudgets thresholds, which only an evaluation chooses, were asked for @throws {VigilError} CONFLICT */
export function evaluatesOf(flags: Flags, hasBudgets: boolean): boolean {
  const skips = switchFlag(flags, 'skip-evaluation')
  if (!(skips && hasBudgets)) return !skips
  throw configError(
    'CONFLICT',
    '--max-false-positive-rate and --max-alerts-per-day choose thresholds in the evaluation, but --skip-evaluation leaves it out. Give them to learner:evaluate later, or leave --skip-evaluation out.',
  )
}

/** Files of a training that are no settings of a run. */
export const FILE_FLAGS = {
  tensorboard: {
    about:
      'writes curves and settings for TensorBoard into the run folder (docs/tensorboard.md); --resume goes on with them',
  },
} as const satisfies FlagTable
