import { join } from 'node:path'
import { CONFIG_ERRORS, type Config } from '@vigil/config'
import { isErrorOf } from '@vigil/errors'
import {
  type PlannedTraining,
  planTraining,
  type Session,
  scoreOf,
  standingOf,
  type TrainingScore,
  trainAll,
} from '@vigil/learner'
import { toolError } from '../errors.ts'
import type { Options } from './options.ts'
import type { Score } from './rank.ts'
import { type Space, unitOf, valueAt, wordOf } from './space.ts'

/** Settings that are tried. */
export type Trial = {
  /** 1 for the first. */
  readonly trial: number
  /** A place in [0, 1) for each parameter of the space; null where the first trial lies outside it. */
  readonly units: readonly number[] | null
  readonly values: Readonly<Record<string, unknown>>
}

/** What a trial came to on validation; of several seeds means, costs and times summed, and the largest shortfall. */
type TrialScore = Score & {
  readonly f1: number
  readonly alertRate: number
  readonly undecidedRate: number
  readonly learningSeconds: number
  /** Iterations that it went, and whether these are all. */
  readonly iterations: number
  readonly isFinal: boolean
}

/** A trial with its score, or why it has none. */
export type TrialOutcome = Trial & { readonly score: TrialScore | null; readonly reason: string | null }

/** Number of the trial that varies nothing. */
export const UNVARIED = 1

/** The first trial of every sweep: the settings as they are without its space. @param base of a trial without what is varied */
export function unvariedTrial(space: Space, base: Config): Trial {
  const values = Object.fromEntries(space.map(({ key }) => [key, settingOf(base, key)]))
  const units = space.map((parameter) => unitOf(parameter, values[parameter.key]))
  return { trial: UNVARIED, units: units.every((unit) => unit !== null) ? units : null, values }
}

/** @param key as "learningRate" or "pid.integral" */
function settingOf(config: Config, key: string): unknown {
  const [first, second] = key.split('.')
  const value: unknown = config[first as keyof Config]
  return second === undefined ? value : (value as Readonly<Record<string, unknown>>)[second]
}

/** The trial of some places. */
export function trialAt(space: Space, trial: number, units: readonly number[]): Trial {
  const values = Object.fromEntries(space.map((parameter, i) => [parameter.key, valueAt(parameter, units[i])]))
  return { trial, units, values }
}

/** Where a trial of a seed lies. */
export function placeOf({ out }: Pick<Options, 'out'>, trial: number, seed: number): string {
  return join(out, `trial-${String(trial).padStart(3, '0')}-seed-${seed}`)
}

/**
 * Trains trials as far as an iteration, where they have not come so far yet, and scores them.
 *
 * @param upTo iteration; null = to their end
 * @returns null when it was asked to stop before all were done
 * @throws {VigilError} SWEEP_TRIALS where a training failed for a reason that is none of its settings, SWEEP_DATA where bad data are all reasons
 */
export async function runTrials(
  trials: readonly Trial[],
  options: Options,
  { upTo, session }: { readonly upTo: number | null; readonly session: Pick<Session, 'stream' | 'stop'> },
): Promise<readonly TrialOutcome[] | null> {
  const planned = new Map<Trial, readonly PlannedTraining[]>()
  const reasons = new Map<Trial, string>()
  for (const trial of trials) {
    try {
      planned.set(trial, await planTrial(trial, options, upTo))
    } catch (error) {
      // Settings that do not go together are an answer, not a mistake.
      if (!isErrorOf(CONFIG_ERRORS, error) || error.code !== 'CONFLICT') throw error
      reasons.set(trial, error.message)
    }
  }
  const waiting: PlannedTraining[] = []
  for (const training of [...planned.values()].flat()) {
    const { iterations, isTrained } = await standingOf(training.config)
    if (!isTrained && iterations < (upTo ?? Number.POSITIVE_INFINITY)) waiting.push(training)
  }
  const unfinished = await trainAll(waiting, session, options.parallel)
  if (session.stop.requested()) return null
  const failed = [...unfinished].filter(([, { reason }]) => !DIVERGED.test(reason))
  if (failed.length > 0) {
    throw toolError(
      failed.every(([, { isData }]) => isData) ? 'SWEEP_DATA' : 'SWEEP_TRIALS',
      `${failed.length} of ${waiting.length} trainings have no result:\n${failed.map(([name, { reason }]) => `  ${name}: ${reason}`).join('\n')}\nThe same command tries again.`,
    )
  }
  const outcomes: TrialOutcome[] = []
  for (const trial of trials) {
    const own = planned.get(trial) ?? []
    const reason = reasons.get(trial) ?? own.flatMap(({ name }) => unfinished.get(name)?.reason ?? [])[0] ?? null
    outcomes.push({ ...trial, reason, score: reason === null ? await scoreTrial(own, upTo) : null })
  }
  return outcomes
}

/** Weights or policies that stopped being finite: with these settings they always do. */
const DIVERGED = /^error (NOT_FINITE|NON_FINITE_POLICY):/

async function planTrial({ trial, values }: Trial, options: Options, upTo: number | null) {
  const words = [
    ...options.words,
    ...(trial === UNVARIED ? [] : Object.entries(values).map(([key, value]) => wordOf(key, value))),
    ...['--skip-evaluation', ...(upTo === null ? [] : [`--pause-after=${upTo}`])],
  ]
  const planned: PlannedTraining[] = []
  for (const seed of options.seeds) {
    const name = options.seeds.length === 1 ? `trial ${trial}` : `trial ${trial}, seed ${seed}`
    const out = placeOf(options, trial, seed)
    planned.push(await planTraining([...words, `--seed=${seed}`], { name, out, log: `${out}.log` }))
  }
  return planned
}

async function scoreTrial(trainings: readonly PlannedTraining[], upTo: number | null): Promise<TrialScore> {
  const scores: TrainingScore[] = []
  for (const { config } of trainings) scores.push(await scoreOf(config, upTo ?? undefined))
  const sum = (figure: (score: TrainingScore) => number) => scores.reduce((total, one) => total + figure(one), 0)
  const mean = (figure: (score: TrainingScore) => number) => sum(figure) / scores.length
  return {
    shortfall: Math.max(...scores.map(({ shortfall }) => shortfall)),
    rewardMean: mean(({ rewardMean }) => rewardMean),
    cost: sum(({ cost }) => cost),
    f1: mean(({ f1 }) => f1),
    alertRate: mean(({ alertRate }) => alertRate),
    undecidedRate: mean(({ undecidedRate }) => undecidedRate),
    learningSeconds: sum(({ learningSeconds }) => learningSeconds),
    iterations: upTo ?? trainings[0].config.iterations,
    isFinal: upTo === null,
  }
}
