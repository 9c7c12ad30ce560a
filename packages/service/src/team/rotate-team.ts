/** The next epoch of a team: its manifest and keys. */
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { agreementQuorum, assertFollows, type Epoch } from '@vigil/agreement'
import { rawColumns } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { readFingerprinted } from '../bundle-fingerprint.ts'
import { countingVote } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { readEpochs } from './epoch-files.ts'
import { createTeamFiles, fileOfEpoch, isThere } from './team-files.ts'

/** What the next epoch is to be. */
export type NextEpoch = {
  readonly run: string
  /** whose bundle the epoch before has, where that is another one */
  readonly from: string | null
  /** its first batch */
  readonly at: number
  /** by agent: HOST:PORT, in an epoch with a number */
  readonly addressesIn: (epoch: number) => readonly string[]
  /** null = as before */
  readonly viewMs: number | null
}

/**
 * Makes the manifest and the keys of the epoch behind those that count.
 *
 * @param team manifest of the first epoch
 * @param note told in a sentence what a person should know
 * @throws {VigilError} SUCCESSOR, TEAM_INVALID where there is one already, KEYS_FILE, FILE_UNWRITABLE, and as readBundle
 */
export async function rotateTeam(
  team: string,
  { run, from, at, addressesIn, viewMs }: NextEpoch,
  note: (text: string) => void,
): Promise<{ readonly path: string; readonly epoch: number; readonly quorum: number; readonly signers: number }> {
  const epochs = await readEpochs(team, note)
  const before = epochs[epochs.length - 1]
  const epoch = before.manifest.epoch + 1
  const path = fileOfEpoch(team, epoch)
  if (await isThere(path)) {
    throw serviceError(
      'TEAM_INVALID',
      `${path} is there already, and agents may have signed it. Let the others sign it too; where none has, remove it with its keys.`,
    )
  }
  const { bundle: made, fingerprint: bundle } = await readFingerprinted(run)
  const { rule, faults, fallbackAction, weights } = countingVote(made)
  if (bundle !== before.manifest.bundle) await assertReadsAlike(made, before, from)
  const terms = {
    ...{ addresses: addressesIn(epoch), epoch, faults, batchRows: before.manifest.batchRows },
    viewMs: viewMs ?? before.manifest.viewMs,
    bundle,
    decision: { rule, fallbackAction, ...(rule === 'weighted' && { weights }) },
    follows: { manifest: before.team.id, batch: at },
  }
  await createTeamFiles(dirname(team), terms, (next) => assertFollows(epochs, next))
  return { path, epoch, quorum: agreementQuorum(before.team), signers: before.team.agentCount }
}

/**
 * A batch that was gathered in the epoch before is given to the new agents: they must not refuse what it holds.
 *
 * @throws {VigilError} TEAM_INVALID, and as readBundle
 */
async function assertReadsAlike(
  { pipeline, environment }: Bundle,
  { manifest }: Epoch,
  from: string | null,
): Promise<void> {
  const read = from === null ? null : await readFingerprinted(from)
  if (read?.fingerprint !== manifest.bundle) {
    throw serviceError(
      'TEAM_INVALID',
      `The new bundle is another one than that of epoch ${manifest.epoch}. Give the run of that as --from: both must read events alike.`,
    )
  }
  const old = read.bundle
  const known = new Set(rawColumns(old.pipeline))
  const more = rawColumns(pipeline).filter((column) => !known.has(column))
  const hears = environment.response !== null
  const hearsAlike = hears === (old.environment.response !== null)
  if (more.length === 0 && hearsAlike && isDeepStrictEqual(pipeline.reading, old.pipeline.reading)) return
  const what = hearsAlike
    ? 'time, streams or keys in another way'
    : `${hears ? 'verdicts' : 'no verdicts'} between events`
  const how = more.length > 0 ? `also the columns ${more.join(', ')}` : what
  throw serviceError(
    'TEAM_INVALID',
    `The new bundle reads ${how}. Events are gathered for the bundle before: make a new team for this one.`,
  )
}
