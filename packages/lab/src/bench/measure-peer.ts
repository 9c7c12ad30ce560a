import type { BenchCase } from './cases.ts'
import { measureTraining } from './measure-training.ts'
import { startPeer } from './peer.ts'
import { configOf, WORKLOADS } from './workload.ts'

/** A training beside another program that does the same work, in rounds that take turns. */
export type PeerComparison = {
  readonly workload: string
  readonly device: string
  /** Name and mode of the other. */
  readonly peer: string
  /** Best environment steps per second of both. */
  readonly own: number
  readonly other: number
  /** Own rate over the other's in the same round: the least, the middle and the most of all rounds. */
  readonly ratio: { readonly least: number; readonly median: number; readonly most: number }
}

/** @throws {VigilError} PEER, and as measureTraining */
export async function measurePeer(
  { command, workload: name, engine, threads }: Extract<BenchCase, { kind: 'peer' }>,
  rounds: number,
): Promise<PeerComparison[]> {
  const workload = WORKLOADS[name]
  const change = { engine, actors: threads, engineThreads: Math.min(threads, 8) }
  const config = configOf(workload, change)
  const peer = await startPeer(command, {
    agents: config.agents,
    dense: workload.dense,
    policyHidden: config.policyHidden,
    lstmHidden: config.policy === 'lstm' ? config.lstmHidden : [],
    rolloutSteps: config.rolloutSteps,
    valueHidden: config.valueHidden,
    rows: config.rowsPerIteration,
    minibatch: config.minibatchSize,
    epochs: config.epochs,
    threads,
  })
  try {
    const rates = peer.modes.map((mode) => ({ mode, perSecond: [] as number[] }))
    const betweenRounds = async () => {
      for (const { mode, perSecond } of rates) {
        const { units, ms } = await peer.round(mode)
        perSecond.push((1000 * units) / ms)
      }
    }
    const { device, perSecond: own } = await measureTraining(workload, { rounds, change, betweenRounds })
    return rates.map(({ mode, perSecond }) => ({
      ...{ workload: workload.title, device, peer: `${peer.name}, ${mode}` },
      ...{ own: Math.max(...own), other: Math.max(...perSecond), ratio: ratioOf(own, perSecond) },
    }))
  } finally {
    peer.close()
  }
}

/** Of rates round by round. */
export function ratioOf(own: readonly number[], other: readonly number[]): PeerComparison['ratio'] {
  const ratios = own.map((rate, round) => rate / other[round]).sort((a, b) => a - b)
  return { least: ratios[0], median: ratios[ratios.length >> 1], most: ratios[ratios.length - 1] }
}
