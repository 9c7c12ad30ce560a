/**
 * What an agent knows of all events, kept now and then beside its log, so that it need not be given all events again. The name
 * of the file says where it stands; the newest that is whole counts.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CHAIN_BEGIN, type ChainPlace } from '@vigil/agreement'
import type { KeptPast } from '../decider.ts'
import { readState, writeState } from '../serve/state-file.ts'

const NAME = /^past-(\d{1,10})-(\d{1,10})-([0-9a-f]{64})\.state$/

/** Before the first event. */
const BEGIN: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }

/**
 * Reads the newest past of a folder.
 *
 * @param bundle SHA-256 of the bundle that it must be of
 * @throws {VigilError} STATE_INVALID
 */
export async function readPast(
  folder: string,
  bundle: string,
): Promise<{ readonly place: ChainPlace; readonly past: KeptPast | null }> {
  const [newest] = (await placesIn(folder)).sort((a, b) => b.batch - a.batch)
  if (newest === undefined) return { place: BEGIN, past: null }
  const kept = await readState(pathOf(folder, newest), bundle)
  return kept === null ? { place: BEGIN, past: null } : { place: newest, past: kept.past }
}

/** Keeps a past in place of those before it. @throws {VigilError} FILE_UNWRITABLE, STATE_INVALID */
export async function writePast(folder: string, bundle: string, place: ChainPlace, past: KeptPast): Promise<void> {
  const before = await placesIn(folder)
  await writeState(pathOf(folder, place), bundle, { past, answers: [], drift: null, source: null })
  for (const old of before) if (old.batch < place.batch) await rm(pathOf(folder, old), { force: true })
}

async function placesIn(folder: string): Promise<ChainPlace[]> {
  return (await readdir(folder)).flatMap((name) => {
    const [, batch, firstRow, previous] = NAME.exec(name) ?? []
    return previous === undefined ? [] : [{ batch: Number(batch), firstRow: Number(firstRow), previous }]
  })
}

function pathOf(folder: string, { batch, firstRow, previous }: ChainPlace): string {
  return join(folder, `past-${batch}-${firstRow}-${previous}.state`)
}
