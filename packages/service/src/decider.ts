import type { RawEvent, ReadEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { decideBatch, isRestrictive, trimmedMeans } from '@vigil/vote'
import { createAblation, type InputEffect } from './ablation.ts'
import { createEventInputs, type EventInputs } from './event-inputs.ts'
import { createLiveTeam, type LiveTeam } from './live-team.ts'
import { createStreamStates } from './stream-states.ts'

/** What the team does about an event. */
export type LiveDecision = {
  /** 0 allow, 1 block, 2 quarantine, 3 alert */
  readonly action: number
  /** false: no class of actions won the vote, and `action` is the fallback */
  readonly decided: boolean
  /** how clear the vote was, in the unit of the rule */
  readonly margin: number
  /** P(threat) as the team sees it: the f-trimmed mean of `scores` */
  readonly score: number
  /** [A] action that each agent votes for, and its P(block) + P(quarantine) */
  readonly votes: Uint8Array
  readonly scores: Float32Array
  /** Where reasons are asked for. */
  readonly why: Reasons | null
}

/** Why the team decides as it does. */
export type Reasons = {
  /** Agents, from 0, whose vote is of the other class than the team's action. */
  readonly dissent: readonly number[]
  /** Inputs without which the score would be another one, the greatest change first. */
  readonly inputs: readonly InputEffect[]
}

/** A team that decides on events as they come. */
export type Decider = {
  /**
   * Reads an event without deciding on it.
   *
   * @throws {VigilError} EVENT_INVALID, and then nothing is changed
   */
  read(event: RawEvent): ReadEvent
  /**
   * Decides on events in their order; each becomes part of the past of those behind it. However they are cut into calls, the
   * decisions are the same bits.
   *
   * @throws {VigilError} LOGITS
   */
  decide(events: readonly ReadEvent[]): LiveDecision[]
  /** Makes an event part of the past without deciding on it. */
  remember(event: ReadEvent): void
  /** Columns that no event so far has had: they were read as missing. */
  unseen(): string[]
}

/** How a decider works. */
type DeciderSettings = {
  /** most rows of one pass through the network, 1 to 4096 */
  readonly rows?: number
  /** whether decisions come with reasons */
  readonly why?: boolean
}

/** Bytes that the states of streams may take. */
const STATES_BYTES_MAX = 2 ** 28
/** What a state takes besides its values: the object, its key, its entry. */
const STATE_OVERHEAD_BYTES = 512

/**
 * A decider of a bundle. It holds no files and starts no threads.
 *
 * @example
 * ```ts
 * const decider = await createDecider(await readBundle('runs/NAME'))
 * const [decision] = decider.decide([decider.read({ proto: 'tcp', bytes: 1200 })])
 * decision.action // 0 allow, 1 block, 2 quarantine, 3 alert
 * ```
 *
 * @throws {VigilError} READING_MISSING, UNDECIDABLE where the team cannot decide on live events; NOT_BUILT
 */
export async function createDecider(
  bundle: Bundle,
  { rows: rowsMax = 256, why = false }: DeciderSettings = {},
): Promise<Decider> {
  const inputs = createEventInputs(bundle.pipeline)
  const ablation = why ? await createAblation(bundle) : null
  const team = await createLiveTeam(bundle, rowsMax)
  const { agentCount } = team
  const rows = createStreamRows(team, inputs, rowsMax)

  function decideRows(count: number): LiveDecision[] {
    const effects = ablation === null ? null : Array.from({ length: count }, (_, row) => ablation.effectsOf(team, row))
    team.act(0, count)
    const actions = team.actions.slice(0, count * agentCount)
    const scores = team.scores.slice(0, count * agentCount)
    rows.keep()
    const decided = decideBatch({ actions, scores, agentCount, ...bundle.vote })
    const means = trimmedMeans(scores, agentCount, bundle.vote.faults)
    return Array.from({ length: count }, (_, row): LiveDecision => {
      const action = decided.actions[row]
      const votes = actions.subarray(row * agentCount, (row + 1) * agentCount)
      return {
        ...{ action, decided: decided.decided[row] === 1, margin: decided.margin[row], score: means[row], votes },
        scores: scores.subarray(row * agentCount, (row + 1) * agentCount),
        why: effects && { dissent: dissentOf(votes, action), inputs: effects[row](means[row], action) },
      }
    })
  }

  return {
    read: inputs.read,
    remember: inputs.remember,
    unseen: inputs.unseen,
    decide(events) {
      const decisions: LiveDecision[] = []
      while (decisions.length < events.length) {
        for (const decision of decideRows(rows.fill(events, decisions.length))) decisions.push(decision)
      }
      return decisions
    },
  }
}

function dissentOf(votes: Uint8Array, action: number): number[] {
  return [...votes.keys()].filter((agent) => isRestrictive(votes[agent]) !== isRestrictive(action))
}

/**
 * The rows of one pass, with what streams remember.
 *
 * `fill` puts events into rows until the rows end or a stream comes again, and returns their number; `keep` stores what their
 * streams remember when the team has acted.
 */
function createStreamRows(team: LiveTeam, inputs: EventInputs, rowsMax: number) {
  const { denseCount, contextCount, stateCount } = team
  const denseStride = denseCount + contextCount
  const stateSize = contextCount + stateCount
  const begin = new Float32Array(stateSize)
  begin.set(team.firstContext)
  const states = createStreamStates(begin, Math.floor(STATES_BYTES_MAX / (4 * stateSize + STATE_OVERHEAD_BYTES)))
  const held: Float32Array[] = []
  const target = { dense: team.x, denseStride, categorical: team.categories }
  return {
    fill(events: readonly ReadEvent[], from: number): number {
      const streams = new Set<string>()
      held.length = 0
      let row = 0
      for (; row < rowsMax && from + row < events.length; row++) {
        const event = events[from + row]
        if (stateSize > 0 && event.stream !== null) {
          if (streams.has(event.stream)) break
          streams.add(event.stream)
        }
        inputs.write(event, target, row)
        if (stateSize === 0) continue
        const state = states.of(event.stream)
        held.push(state)
        team.x.set(state.subarray(0, contextCount), row * denseStride + denseCount)
        team.recurrentState.set(state.subarray(contextCount), row * stateCount)
      }
      return row
    },
    keep(): void {
      for (const [row, state] of held.entries()) {
        state.set(team.recurrentState.subarray(row * stateCount, (row + 1) * stateCount), contextCount)
        if (contextCount > 0) team.absorb(row, state.subarray(0, contextCount))
      }
    },
  }
}
