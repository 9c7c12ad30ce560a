import type { BlockedIntruder, ResponseSpec } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import type { PlayedSplit } from '../play-split.ts'
import type { Outcome } from './outcomes.ts'

const BLOCK = 1

/** Mean return of the same team where blocked intruders do something else. */
export type Replay = (block: BlockedIntruder) => Promise<number>

/** Places in a ledger (LEDGER_ENTRIES). */
const [DWELL, BLOCKED_BENIGN, ALERTS] = [2, 3, 7]
const CONTAINMENTS = [4, 5, 6]
const ENTRIES = 8

/**
 * How far the recording knows what a team returned. Exact is what was let through, and what a quarantine cut off; modelled are
 * alerts and what the analyst did; unidentified is what a blocked intruder does next, which the recording cannot say.
 *
 * @param replay plays the same team again; asked for only where the team blocks a threat
 */
export async function validityOf(
  { ledgers, actions, returns }: PlayedSplit,
  {
    streams,
    outcomes,
    spec,
    replay,
  }: {
    readonly streams: Streams
    readonly outcomes: readonly Outcome[]
    readonly spec: ResponseSpec
    readonly replay: Replay
  },
): Promise<ResponseScores['validity']> {
  let [all, modelled, unidentified, blockedThreats] = [0, 0, 0, 0]
  for (const [stream, { endedBy }] of outcomes.entries()) {
    const ledger = ledgers.subarray(stream * ENTRIES, (stream + 1) * ENTRIES)
    all += ledger.reduce((sum, entry) => sum + Math.abs(entry), 0)
    modelled += Math.abs(ledger[ALERTS])
    if (endedBy === 'analyst') for (const entry of CONTAINMENTS) modelled += Math.abs(ledger[entry])
    unidentified += Math.abs(ledger[BLOCKED_BENIGN])
    const blocked = blockedDwell(stream, actions, streams, spec)
    blockedThreats += blocked.threats
    unidentified += Math.min(blocked.dwell, Math.abs(ledger[DWELL]))
  }
  const shares =
    all === 0 ? { modelled: 0, unidentified: 0 } : { modelled: modelled / all, unidentified: unidentified / all }
  const exact = Math.max(0, 1 - shares.modelled - shares.unidentified)
  if (blockedThreats === 0) return { exact, ...shares, blockedIntruder: null }
  const own = returns.reduce((sum, value) => sum + value, 0) / returns.length
  const under = async (block: BlockedIntruder) => (block === spec.block ? own : await replay(block))
  const blockedIntruder = {
    'fail-soft': await under('fail-soft'),
    'fail-stop': await under('fail-stop'),
    retry: await under('retry'),
  }
  return { exact, ...shares, blockedIntruder }
}

/** Threats that were blocked in a stream, and what their intruder's staying costs. */
function blockedDwell(stream: number, actions: Uint8Array, streams: Streams, { dwell }: ResponseSpec) {
  const { rows, streamStarts, labels, damage } = streams
  let [threats, cost] = [0, 0]
  for (let position = streamStarts[stream]; position < streamStarts[stream + 1]; position++) {
    const row = rows[position]
    if (actions[position] !== BLOCK || labels[row] === 0) continue
    threats++
    cost += dwell * (damage === null ? 1 : damage[row])
  }
  return { threats, dwell: cost }
}
