import type { Decider } from '../decider.ts'
import type { InputLine } from '../input-lines.ts'
import { type FilePlace, readState, writeState } from '../serve/state-file.ts'
import { type FollowSettings, followFile } from './followed-file.ts'

/** How what is known of a followed file is kept. */
type Keeping = {
  readonly decider: Decider
  /** null = nowhere: the file is read from its beginning */
  readonly state: { readonly path: string; readonly bundle: string; readonly everyMs: number } | null
  readonly clock: () => number
}

/**
 * The lines of a file as others add them. What the team knows is kept with the place up to which it has decided, so that another process goes
 * on there as if it were the same one: events behind the place are decided on again, with the same bits.
 *
 * @throws {VigilError} SOURCE_UNREADABLE, STATE_INVALID, FILE_UNWRITABLE
 */
export async function* keptFollowing(
  path: string,
  settings: Pick<FollowSettings, 'stop' | 'pollMs' | 'note'>,
  { decider, state, clock }: Keeping,
): AsyncGenerator<InputLine[]> {
  const kept = state === null ? null : await readState(state.path, state.bundle)
  if (kept !== null) decider.restore(kept.past)
  let since = clock()
  const nameOf = ({ inode, offset }: FilePlace) => `${inode} ${offset}`
  let written = kept?.source == null ? '' : nameOf(kept.source)
  yield* followFile(path, {
    ...settings,
    from: kept?.source ?? null,
    async onTaken(place) {
      if (state === null || (clock() - since < state.everyMs && !settings.stop.aborted)) return
      since = clock()
      const source = await place()
      if (nameOf(source) === written) return
      written = nameOf(source)
      await writeState(state.path, state.bundle, { past: decider.save(), answers: [], drift: null, source })
    },
  })
}
