import { join } from 'node:path'
import { commandError, type Flags, flagName } from '@vigil/command-line'
import { trainSeeds } from '../experiment/train-seeds.ts'
import type { Session } from '../run/session.ts'
import { HOSTS_FLAGS } from './hosts-flags.ts'
import { planSeeds } from './plan-seeds.ts'
import { parallelOf, SEEDS_FLAGS } from './seeds.ts'

/** A command line with `--seeds`. */
type Asked = {
  readonly words: readonly string[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly flags: Flags
  readonly seeds: readonly number[]
}

/** What is written about all seeds. */
const FILES = ['experiment.json', 'experiment.md', 'experiment.html'] as const

/** What one run has and several seeds do not. */
const OF_ONE_RUN: readonly string[] = ['resume', 'pause-after', 'skip-evaluation', ...Object.keys(HOSTS_FLAGS)]

/**
 * Trains every seed, or those that are not finished, and shows one table.
 *
 * @throws {VigilError} INVALID_VALUE, and as planTraining and trainSeeds
 */
export async function trainSeedsAsked(asked: Asked, session: Session) {
  const { words, settings, flags, seeds } = asked
  const single = 'seed' in settings ? 'seed' : OF_ONE_RUN.find((flag) => flags.has(flag))
  if (single !== undefined) {
    const remedy = single === 'resume' ? 'The same command with --seeds goes on by itself.' : 'Leave one of them out.'
    throw commandError('INVALID_VALUE', `--${single} is of one run, --seeds of several. ${remedy}`)
  }
  const parallel = parallelOf(flags)
  const own = withoutFlags(words, [...Object.keys(SEEDS_FLAGS), 'out'])
  const out = typeof settings.out === 'string' ? settings.out : null
  const plan = await planSeeds(own, { out, seeds, parallel })
  const { measures, unfinished } = await trainSeeds(plan, session)
  const files = FILES.map((name) => ({ path: join(plan.out, name), what: 'experiment' }))
  return { folder: plan.out, measures, unfinished, files }
}

/** The words without some flags and their values, read as readFlags reads them. */
function withoutFlags(words: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < words.length; i++) {
    const [, name, value] = /^--([^=]+)(=.*)?$/s.exec(words[i]) ?? []
    if (name === undefined || !names.includes(flagName(name))) kept.push(words[i])
    else if (value === undefined && i + 1 < words.length && !words[i + 1].startsWith('--')) i++
  }
  return kept
}
