import { withPool } from '@vigil/actors'
import { configError } from '@vigil/config'
import { familyOf } from '@vigil/engine'
import { type Sharing, sharePool } from '@vigil/hosts'
import { joinCommand } from './join-command.ts'
import type { Learner } from './learner.ts'

/** Where hosts join, and what is asked of them. */
export type CollectionSharing = Omit<Sharing, 'note' | 'run'>

/**
 * The same learner, whose collections the hosts at a broker compute too; its weights are the same.
 *
 * @param note hears of hosts that come, go, are refused or lie
 * @throws {VigilError} CONFLICT where nothing is collected, BROKER
 */
export async function shareCollections(
  learner: Learner,
  sharing: CollectionSharing,
  note: (text: string) => void,
): Promise<Learner> {
  const { config, team, engine } = learner
  if (config.credit === 'exact') {
    throw configError(
      'CONFLICT',
      'With credit "exact" a team learns from recordings, and nothing is collected that other hosts could compute. Leave --transport out.',
    )
  }
  const pool = await sharePool(team.pool, familyOf(engine), { ...sharing, note })
  note(`shards are shared out as run ${pool.run}: ${joinCommand(sharing.broker)}`)
  return { ...learner, team: withPool(team, pool) }
}
