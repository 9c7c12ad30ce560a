/** The enforcer in the epochs of its team: it is connected to the agents of every epoch that is not over. */
import { beginOf, type ChainTeam, type Epoch, epochOf, loadTree } from '@vigil/agreement'
import { identityOf } from './agent-epochs.ts'
import { type Connection, dial, type Member } from './connections.ts'
import type { Peer } from './enforcer.ts'
import type { Frame } from './frames.ts'
import { assertOwnKeys, fileOfEpoch, readKeys } from './team-files.ts'

/** The epochs of an enforcer. */
export type EnforcerEpochs = {
  /** the first one first */
  readonly known: readonly Epoch[]
  readonly teamAt: (batch: number) => ChainTeam
  /** agents of a known epoch that may lie */
  readonly faultsOf: (epoch: number) => number
  /**
   * Reads the key of an epoch behind those that are known.
   *
   * @returns what makes it known
   * @throws {VigilError} SECRET_INVALID, TEAM_INVALID
   */
  prepare(epoch: Epoch): Promise<() => void>
  /** Dials the agents of all epochs that are not over at a batch, and leaves those of the others. */
  connect(batch: number): void
  send(peer: Peer, frame: Frame): void
  /** Agents of a batch's epoch that are not connected, each with its address and why, for people. */
  away(batch: number): string[]
  close(): void
}

/**
 * @param key    file of the enforcer's key in the first epoch
 * @param onFrame what becomes of what agents send
 * @throws {VigilError} SECRET_INVALID, TEAM_INVALID, NOT_BUILT
 */
export async function openEnforcerEpochs(
  epochs: readonly Epoch[],
  { key, onFrame }: { readonly key: string; readonly onFrame: (peer: Peer, frame: Frame) => void },
): Promise<EnforcerEpochs> {
  loadTree()
  const known: Epoch[] = []
  const keys = new Map<Epoch, Awaited<ReturnType<typeof readKeys>>>()
  const ways = new Map<Epoch, readonly Connection[]>()

  async function prepare(epoch: Epoch): Promise<() => void> {
    const { manifest } = epoch
    const own = await readKeys(manifest.follows === null ? key : fileOfEpoch(key, manifest.epoch))
    assertOwnKeys(own, { certificate: manifest.enforcer, publicKey: null })
    return () => {
      keys.set(epoch, own)
      known.push(epoch)
    }
  }

  const numbered = (epoch: number) => known.find(({ manifest }) => manifest.epoch === epoch)
  for (const epoch of epochs) (await prepare(epoch))()
  return {
    known,
    teamAt: (batch) => epochOf(known, batch).team,
    faultsOf: (epoch) => numbered(epoch)!.team.faults,
    prepare,
    connect(batch) {
      for (const [i, epoch] of known.entries()) {
        const { manifest } = epoch
        // Its agents may still want what its last batch came to until the batch behind that is certified.
        const isOver = i + 1 < known.length && beginOf(known[i + 1]) < batch
        if (isOver) {
          for (const way of ways.get(epoch) ?? []) way.close()
          ways.set(epoch, [])
        } else if (!ways.has(epoch)) {
          const identity = identityOf(epoch, keys.get(epoch)!, manifest.enforcer)
          const receive = (from: Member, frame: Frame) => {
            if (typeof from === 'number') onFrame({ epoch: manifest.epoch, agent: from }, frame)
            return undefined
          }
          ways.set(
            epoch,
            manifest.agents.map(({ address }, agent) =>
              dial(agent, address, identity, { onFrame: receive, onOpen: () => undefined }),
            ),
          )
        }
      }
    },
    send({ epoch, agent }, frame) {
      const of = numbered(epoch)
      if (of !== undefined) ways.get(of)?.[agent]?.send(frame)
    },
    away(batch) {
      const epoch = epochOf(known, batch)
      return (ways.get(epoch) ?? []).flatMap(({ trouble }, agent) =>
        trouble === null ? [] : [`agent ${agent} at ${epoch.manifest.agents[agent].address} (${trouble})`],
      )
    },
    close() {
      for (const way of [...ways.values()].flat()) way.close()
    },
  }
}
