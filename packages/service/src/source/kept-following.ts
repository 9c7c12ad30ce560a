import { randomUUID } from 'node:crypto'
import type { Decider } from '../decider.ts'
import type { InputLine } from '../input-lines.ts'
import { type FilePlace, readState, stateInvalid, writeState } from '../serve/state-file.ts'
import { type FollowSettings, followFile } from './followed-file.ts'

/** How what is known of a followed file is kept. */
type Keeping = {
  readonly decider: Decider
  /** null = nowhere: the file is read from its beginning */
  readonly state: { readonly path: string; readonly bundle: string; readonly everyMs: number } | null
  readonly clock: () => number
  /** The decisions so far outlast the power's end when this has ended. */
  readonly sync: () => Promise<void>
}

/** Lines of a followed file, and what is told apart by. */
export type KeptFollowing = {
  /** names what is read, as long as the state is gone on from */
  readonly input: string
  readonly lines: AsyncGenerator<InputLine[]>
}

/**
 * The lines of a file as others add them. What the team knows is kept with the place up to which it has decided, so that another process goes
 * on there as if it were the same one: events behind the place are decided on again, with the same bits.
 *
 * @throws {VigilError} STATE_INVALID, FILE_UNWRITABLE; lines SOURCE_UNREADABLE, FILE_UNWRITABLE
 */
export async function keptFollowing(
  path: string,
  settings: Pick<FollowSettings, 'stop' | 'pollMs' | 'note'>,
  { decider, state, clock, sync }: Keeping,
): Promise<KeptFollowing> {
  const kept = state === null ? null : await readState(state.path, state.bundle)
  if (kept?.source === null) {
    throw stateInvalid(state!.path, 'it is of events that came from no file, as those of service:serve')
  }
  if (kept !== null) decider.restore(kept.past)
  const input = kept?.source.input ?? randomUUID()
  const keep = async (place: FilePlace | null) => {
    if (state === null) return
    const source = { input, place }
    await writeState(state.path, state.bundle, {
      ...{ past: decider.save(), answers: [], answersBy: '', drift: null, source },
    })
  }
  // Whoever goes on after a crash names events as this process does.
  if (kept === null) await keep(null)
  let since = clock()
  const nameOf = ({ inode, offset }: FilePlace) => `${inode} ${offset}`
  const from = kept?.source.place ?? null
  let written = from === null ? '' : nameOf(from)
  const lines = followFile(path, {
    ...{ ...settings, from },
    async onTaken(at) {
      if (state === null || (clock() - since < state.everyMs && !settings.stop.aborted)) return
      since = clock()
      const place = await at()
      if (nameOf(place) === written) return
      written = nameOf(place)
      await sync()
      await keep(place)
    },
  })
  return { input, lines }
}
