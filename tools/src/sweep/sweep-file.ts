import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemReason, writeJsonFile } from '@vigil/command-line'
import { type Config, configError, configFingerprint } from '@vigil/config'
import { z } from 'zod'
import { toolError } from '../errors.ts'
import type { Options } from './options.ts'
import { paretoFront } from './rank.ts'
import { compareOutcomes, type Found } from './search.ts'
import type { Space } from './space.ts'
import type { TrialOutcome } from './trials.ts'

/** sweep.json: what was tried, and what came of it on validation. */
export type Sweep = {
  /** Of everything that the trials follow from, their number aside. */
  readonly sweepSha256: string
  readonly method: Options['method']
  readonly seeds: readonly number[]
  readonly isWhole: boolean
  readonly space: Space
  /** In the order in which they were begun. */
  readonly trials: readonly TrialOutcome[]
  /** Numbers of the trials on the front of reward and cost, the cheapest first. */
  readonly pareto: readonly number[]
  /** Number of the best trial among those that went to their end; null where none has. */
  readonly best: number | null
}

/** What a search has found, as it is written. */
export function sweepOf(found: Found, options: Options, space: Space, base: Config): Sweep {
  const trials = [...found.outcomes].sort((a, b) => a.trial - b.trial)
  const whole = trials.filter(({ score }) => score?.isFinal)
  const front = paretoFront(whole.map(({ trial, score }) => ({ trial, ...score! })))
  return {
    sweepSha256: fingerprintOf(options, space, base),
    ...{ method: options.method, seeds: options.seeds, isWhole: found.isWhole, space, trials },
    pareto: front.map(({ trial }) => trial),
    best: [...whole].sort(compareOutcomes)[0]?.trial ?? null,
  }
}

/** Writes sweep.json, whole or not at all. */
export async function writeSweep(out: string, sweep: Sweep): Promise<void> {
  await writeJsonFile(join(out, 'sweep.json'), sweep)
}

/** What may lie in the folder of a sweep, files half-written and locks included. */
const OWN = /^(trial-\d+-seed-\d+(\.log)?|sweep\.(json|md|html)(\.\d+)?|\.lock(-holder)?)$/

/**
 * Makes sure that a folder is free for a sweep, or holds this one.
 *
 * @throws {VigilError} SWEEP_FOLDER where it holds something else, CONFLICT where it holds another sweep
 */
export async function assertSweepFolder(options: Options, space: Space, base: Config): Promise<void> {
  const { out } = options
  const names = await readdir(out).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === 'ENOENT') return []
    throw toolError('SWEEP_FOLDER', `${out} cannot be used: ${systemReason(cause)}. Give another --out.`)
  })
  const foreign = names.find((name) => !OWN.test(name))
  if (foreign !== undefined) {
    throw toolError(
      'SWEEP_FOLDER',
      `${out} must be empty or hold a sweep, but has ${JSON.stringify(foreign)}. Give another --out.`,
    )
  }
  if (!names.includes('sweep.json')) return
  const text = await readFile(join(out, 'sweep.json'), 'utf8')
  const { data } = z.looseObject({ sweepSha256: z.string() }).safeParse(jsonOrNull(text))
  if (data?.sweepSha256 === fingerprintOf(options, space, base)) return
  throw configError(
    'CONFLICT',
    `${out} holds another sweep: its space, method, seeds or settings are others, or an earlier Vigil made it. Give another --out.`,
  )
}

function fingerprintOf({ method, seeds, sweepSeed, eta, batch, trials }: Options, space: Space, base: Config): string {
  const { seed: _seed, ...settings } = base
  const own = { random: {}, model: { batch }, halving: { eta, trials } }[method]
  // Of the trials that come first, one has the settings as they are.
  const relevant = {
    ...{ method, seeds, sweepSeed, unvaried: 1 },
    ...{ ...own, space, base: configFingerprint({ ...settings, seed: 0 }) },
  }
  return createHash('sha256').update(JSON.stringify(relevant)).digest('hex')
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
