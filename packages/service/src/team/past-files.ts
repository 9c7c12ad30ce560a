/**
 * What an agent knows of all events, kept now and then beside its log, so that it need not be given all events again. The name
 * of the file says where it stands and of which bundle it is; the newest that is whole counts.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CHAIN_BEGIN, type ChainPlace } from '@vigil/agreement'
import { VigilError } from '@vigil/errors'
import type { KeptPast } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { readState, writeState } from '../serve/state-file.ts'

const NAME = /^past-(\d{1,10})-(\d{1,10})-([0-9a-f]{64})-([0-9a-f]{16})\.state$/

/** A past that was not written to the end, as writeFileAtomically names it. */
const UNFINISHED = /^(past-.*\.state)\.\d+$/

/** Before the first event. */
const BEGIN: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }

/**
 * Reads the newest past of a folder.
 *
 * @param bundleAt SHA-256 of the bundle that one that stands at a batch must be of
 * @throws {VigilError} STATE_INVALID
 */
export async function readPast(
  folder: string,
  bundleAt: (batch: number) => string,
): Promise<{ readonly place: ChainPlace; readonly past: KeptPast | null }> {
  const places = (await placesIn(folder)).filter(({ place, begin }) => bundleAt(place.batch).startsWith(begin))
  const [newest] = places.sort((a, b) => b.place.batch - a.place.batch)
  if (newest === undefined) return { place: BEGIN, past: null }
  const { place } = newest
  const bundle = bundleAt(place.batch)
  const path = pathOf(folder, place, bundle)
  const kept = await readState(path, bundle).catch((cause: Error) => {
    if (!(cause instanceof VigilError) || cause.code !== 'STATE_INVALID') throw cause
    throw serviceError(
      'STATE_INVALID',
      `${path} is no past that this version can read. Move it away: the agent is given the events before it again.`,
      { cause },
    )
  })
  return kept === null ? { place: BEGIN, past: null } : { place, past: kept.past }
}

/** Keeps a past in place of those before it: a copy of it as it is when this is called. @throws {VigilError} FILE_UNWRITABLE, STATE_INVALID */
export async function writePast(folder: string, bundle: string, place: ChainPlace, past: KeptPast): Promise<void> {
  await writeState(pathOf(folder, place, bundle), bundle, {
    past,
    answers: [],
    answersBy: '',
    drift: null,
    source: null,
  })
  for (const old of await placesIn(folder))
    if (old.place.batch < place.batch) await rm(join(folder, old.name), { force: true })
  // One past is written at a time: these are of processes that have ended.
  for (const name of await readdir(folder))
    if (NAME.test(UNFINISHED.exec(name)?.[1] ?? '')) await rm(join(folder, name), { force: true })
}

type Found = { readonly name: string; readonly place: ChainPlace; readonly begin: string }

async function placesIn(folder: string): Promise<Found[]> {
  return (await readdir(folder)).flatMap((name) => {
    const [, batch, firstRow, previous, begin] = NAME.exec(name) ?? []
    if (begin === undefined) return []
    return [{ name, place: { batch: Number(batch), firstRow: Number(firstRow), previous }, begin }]
  })
}

function pathOf(folder: string, { batch, firstRow, previous }: ChainPlace, bundle: string): string {
  return join(folder, `past-${batch}-${firstRow}-${previous}-${bundle.slice(0, 16)}.state`)
}
