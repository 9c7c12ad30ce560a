/** How one agent of a team votes on events: its own weights, the past that all share, and what the team has decided before. */
import { headCount } from '@vigil/env-wasm'
import type { RawEvent, ReadEvent } from '@vigil/features'
import { parameterLayout } from '@vigil/policy-wasm'
import type { Bundle } from '@vigil/runs'
import { decideBatch, NO_ACTION } from '@vigil/vote'
import type { KeptPast } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { createEventInputs, type EventInputs } from '../event-inputs.ts'
import { readKnown } from '../live-event.ts'
import { createLiveTeam } from '../live-team.ts'
import { createStreamRows } from '../stream-rows.ts'
import type { Verdict } from '../verdict-line.ts'

/** Bytes of what is remembered of streams. */
const STREAM_BYTES = 96 * 2 ** 20

/** [rows] of each */
export type AgentVotes = { readonly actions: Uint8Array; readonly scores: Float32Array }

/** [rows] actions of an agent whose ballot is counted */
type CountedBallot = { readonly agent: number; readonly actions: Uint8Array }

/** One agent of a team, voting batch by batch. */
export type AgentVoter = {
  /**
   * Votes on events in their order; each becomes part of the past of those behind it. Where the events are refused, none does.
   *
   * @param heard [rows] verdicts that came before each event; left out = none did
   * @throws {VigilError} EVENT_INVALID, LOGITS, TEAM_INVALID
   */
  vote(events: readonly RawEvent[], heard?: readonly (readonly Verdict[])[]): AgentVotes
  /** Hears what the team has agreed on about the events of the last `vote`: the ballots that are counted. */
  settle(value: readonly CountedBallot[], agentCount: number): void
  /** What is known of all events so far, between batches. */
  save(): KeptPast
  /** @throws {VigilError} HISTORY_KEPT, STATE_INVALID */
  restore(past: KeptPast): void
}

/**
 * Whether agents see what the team decided on a stream's events before. Then no two events of a stream are in one batch.
 */
export function seesDecisions({ environment }: Pick<Bundle, 'environment'>): boolean {
  return headCount(environment) > 0
}

/**
 * Agent `self` of a bundle, as a team of its own: the same network with its weights alone.
 *
 * @param rowsMax most events of a batch
 * @throws {VigilError} as createDecider
 */
export async function createAgentVoter(bundle: Bundle, self: number, rowsMax: number): Promise<AgentVoter> {
  const waits = seesDecisions(bundle)
  const inputs = createEventInputs(bundle.pipeline)
  const team = await createLiveTeam(aloneIn(bundle, self), rowsMax)
  const rows = createStreamRows(team, { inputs, rowsMax, streamBytes: STREAM_BYTES, belief: bundle.belief })

  return {
    vote(raw, heard = []) {
      const { events, verdicts } = readAll(raw, heard, { inputs, waits })
      // None is on a stream of an event before it in the batch: they may all be heard first.
      for (const { stream, isHostile } of verdicts) rows.hear(stream, isHostile)
      const actions = new Uint8Array(events.length)
      const scores = new Float32Array(events.length)
      for (let done = 0; done < events.length; ) {
        const count = rows.fill(events, done)
        team.act(0, count)
        actions.set(team.actions.subarray(0, count), done)
        scores.set(team.scores.subarray(0, count), done)
        if (!waits) rows.keep(team.actions)
        done += count
      }
      return { actions, scores }
    },
    settle(value, agentCount) {
      if (!waits) return
      const actions = new Uint8Array(value[0].actions.length * agentCount).fill(NO_ACTION)
      for (const ballot of value) {
        for (const [row, action] of ballot.actions.entries()) actions[row * agentCount + ballot.agent] = action
      }
      const { rule, faults, fallbackAction } = bundle.environment
      const shown = decideBatch({ actions, agentCount, rule, faults, fallbackAction: fallbackAction as 0 | 1 | 2 | 3 })
      // In a team of one its vote is the decision.
      team.actions.set(shown.actions)
      rows.keep(shown.actions)
    },
    save: () => ({ ...inputs.save(), streams: rows.save(), rules: null }),
    restore(past) {
      inputs.restore(past)
      rows.restore(past.streams)
    },
  }
}

type Heard = {
  readonly events: ReadEvent[]
  readonly verdicts: readonly { readonly stream: string | null; readonly isHostile: boolean }[]
}

/** All events and verdicts, or none: a batch that is refused leaves nothing behind. */
function readAll(
  raw: readonly RawEvent[],
  heard: readonly (readonly Verdict[])[],
  { inputs, waits }: { readonly inputs: EventInputs; readonly waits: boolean },
): Heard {
  const { latest } = inputs
  const met = new Set<string>()
  const verdicts: Heard['verdicts'][number][] = []
  /** What was decided on a stream in this batch is not known before all of it is. */
  const assertApart = (stream: string | null) => {
    if (waits && stream !== null && met.has(stream)) throw sharedStream()
  }
  try {
    const events = raw.map((one, row) => {
      for (const { stream: of, isHostile } of heard[row] ?? []) {
        const stream = inputs.streamOf(of)
        assertApart(stream)
        verdicts.push({ stream, isHostile })
      }
      const event = readKnown(inputs, one)
      assertApart(event.stream)
      if (event.stream !== null) met.add(event.stream)
      return event
    })
    return { events, verdicts }
  } catch (error) {
    inputs.latest = latest
    throw error
  }
}

function aloneIn(bundle: Bundle, self: number): Bundle {
  const { network, environment, parameters, vote } = bundle
  const alone = { ...network, agentCount: 1 }
  const size = parameterLayout(alone).parametersPerAgent
  return {
    ...bundle,
    network: alone,
    environment: { ...environment, agentCount: 1, faults: 0, rule: 'majority' },
    vote: { ...vote, rule: 'majority', faults: 0, weights: Uint32Array.of(1) },
    parameters: parameters.slice(self * size, (self + 1) * size),
  }
}

function sharedStream() {
  return serviceError(
    'TEAM_INVALID',
    'A batch with an event of a stream and another event or a verdict on it, for a team whose agents see what was decided before. Let the enforcer of this team gather them.',
  )
}
