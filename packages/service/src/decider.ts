import type { TargetedSpecification } from '@vigil/env-wasm'
import type { RawEvent, ReadEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { decideBatch, isRestrictive, trimmedMeans } from '@vigil/vote'
import { type Ablation, createAblation, type InputEffect } from './ablation.ts'
import { serviceError } from './errors.ts'
import { createEventInputs, type EventInputs, type KeptInputs } from './event-inputs.ts'
import type { InputCounts } from './input-drift.ts'
import { createLiveRules, type LiveRules, type RuleMode, type Shield, type WatchedAction } from './live-rules.ts'
import { createLiveTeam, type LiveTeam } from './live-team.ts'
import type { NearEvent, NearestEvents } from './nearest/nearest-events.ts'
import { createStreamRows, type StreamRows } from './stream-rows.ts'
import type { KeptStreams } from './stream-states.ts'

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
  /** Where reasons are asked for; of the team's own action, before any shield. */
  readonly why: Reasons | null
  /** [S] of each watched specification after this decision; null where none is watched, or a formula has no value. */
  readonly robustness: Float32Array | null
  /** Where a shield has replaced the team's action; `action` is then the shield's. */
  readonly shield: Shield | null
}

/** Why the team decides as it does. */
export type Reasons = {
  /** Agents, from 0, whose vote is of the other class than the team's action. */
  readonly dissent: readonly number[]
  /** Inputs without which the score would be another one, the greatest change first. */
  readonly inputs: readonly InputEffect[]
  /** Labelled training events that are nearest, where they are asked for. */
  readonly nearest?: readonly NearEvent[]
}

/** A team that decides on events as they come. */
export type Decider = {
  /**
   * Reads an event without deciding on it. What it lacks is missing.
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
  /** Whose event it is, as in `ReadEvent`; null = nobody's. @throws {VigilError} EVENT_INVALID */
  streamOf(event: RawEvent): string | null
  /** Makes an event part of the past without deciding on it. */
  remember(event: ReadEvent): void
  /**
   * Hears what an analyst has found of a stream that the team alerted on: an all-clear, or a threat, after which it is contained. A
   * team whose actions have no consequences takes no notice.
   *
   * @param stream an event of the stream, of which its columns of the stream are enough
   * @returns whether the stream is one that is remembered
   */
  hear(stream: RawEvent, verdict: { readonly isHostile: boolean }): boolean
  /** Names of the columns that are read of an event. */
  readonly columns: readonly string[]
  /** Columns that no event so far has had: they were read as missing. */
  unseen(): string[]
  /** Specifications that are watched, in the order of `robustness`. */
  readonly watched: readonly TargetedSpecification[]
  /** Streams of which something is kept. */
  readonly streamCount: number
  /** What is known of all events so far. */
  save(): KeptPast
  /**
   * Takes what a decider of the same bundle has saved, into one that has seen nothing: it then decides as that one would have.
   *
   * @throws {VigilError} HISTORY_KEPT, STATE_INVALID where it is of another bundle; this decider is then of no use
   */
  restore(past: KeptPast): void
}

/** What a decider knows of the events so far. */
export type KeptPast = KeptInputs & {
  readonly streams: KeptStreams
  /** what is watched of decisions; null where no specification is */
  readonly rules: KeptStreams | null
}

/** Most rows of one pass through the network. */
const ROWS_MAX = 4096
/** Bytes of what is remembered of streams unless told. */
const STREAM_BYTES = 96 * 2 ** 20

/** How a decider works. */
type DeciderSettings = {
  /** most rows of one pass through the network, 1 to 4096 */
  readonly rows?: number
  /** whether decisions come with reasons */
  readonly why?: boolean
  /** finds training events for the reasons; null or left out = nobody does */
  readonly nearest?: NearestEvents | null
  /** counts the inputs of what is decided on; null or left out = nobody does */
  readonly counts?: InputCounts | null
  /** what becomes of the specifications that the team was trained under */
  readonly rules?: RuleMode
  /** bytes that what the network remembers of streams may take, for at least as many streams as `rows` */
  readonly streamBytes?: number
}

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
 * @throws {VigilError} READING_MISSING, UNDECIDABLE where the team cannot decide on live events; RULES_MISSING, ROWS_INVALID,
 *   NOT_BUILT
 */
export async function createDecider(
  bundle: Bundle,
  {
    rows: rowsMax = 256,
    why = false,
    nearest = null,
    counts = null,
    rules: ruleMode = 'off',
    streamBytes = STREAM_BYTES,
  }: DeciderSettings = {},
): Promise<Decider> {
  assertRows(rowsMax)
  const inputs = createEventInputs(bundle.pipeline)
  const ablation = why ? await createAblation(bundle) : null
  const team = await createLiveTeam(bundle, rowsMax)
  const { agentCount } = team
  const rules = await createLiveRules(bundle, ruleMode)
  const vote = countingVote(bundle)
  const rows = createStreamRows(team, { inputs, rowsMax, streamBytes, belief: bundle.belief })

  /** Decides on the events behind those that have decisions. */
  function decideRows(count: number, events: readonly ReadEvent[], decisions: LiveDecision[]): void {
    const effects = ablation === null ? null : Array.from({ length: count }, (_, row) => ablation.effectsOf(team, row))
    counts?.take(team, count)
    team.act(0, count)
    const actions = team.actions.slice(0, count * agentCount)
    const scores = team.scores.slice(0, count * agentCount)
    const decided = decideBatch({ actions, scores, agentCount, ...vote })
    const voted = Uint8Array.from(decided.actions)
    const watched =
      rules === null ? [] : ruled(rules, { team, actions, decided: decided.actions, events, from: decisions.length })
    rows.keep(decided.actions)
    const means = trimmedMeans(scores, agentCount, bundle.vote.faults)
    for (let row = 0; row < count; row++) {
      const action = decided.actions[row]
      const votes = actions.subarray(row * agentCount, (row + 1) * agentCount)
      decisions.push({
        action,
        decided: decided.decided[row] === 1,
        margin: decided.margin[row],
        score: means[row],
        votes,
        scores: scores.subarray(row * agentCount, (row + 1) * agentCount),
        why:
          effects &&
          reasonsOf(team, row, { votes, action: voted[row], score: means[row], effect: effects[row], nearest }),
        robustness: watched[row]?.robustness ?? null,
        shield: watched[row]?.shield ?? null,
      })
    }
  }

  return {
    ...{ read: inputs.read, remember: inputs.remember, columns: inputs.columns, unseen: inputs.unseen },
    streamOf: inputs.streamOf,
    hear: (stream, { isHostile }) => rows.hear(inputs.streamOf(stream), isHostile),
    watched: rules?.watched ?? [],
    get streamCount() {
      return rows.streamCount
    },
    ...keeping(inputs, rows, rules),
    decide(events) {
      const decisions: LiveDecision[] = []
      while (decisions.length < events.length) decideRows(rows.fill(events, decisions.length), events, decisions)
      return decisions
    },
  }
}

function keeping(inputs: EventInputs, rows: StreamRows, rules: LiveRules | null): Pick<Decider, 'save' | 'restore'> {
  return {
    save: () => ({ ...inputs.save(), streams: rows.save(), rules: rules?.save() ?? null }),
    restore(past) {
      inputs.restore(past)
      rows.restore(past.streams)
      if (past.rules !== null) rules?.restore(past.rules)
    },
  }
}

function assertRows(rowsMax: number): void {
  if (!Number.isInteger(rowsMax) || rowsMax < 1 || rowsMax > ROWS_MAX) {
    throw serviceError(
      'ROWS_INVALID',
      `Decider, rows: needs an integer from 1 to ${ROWS_MAX}, received ${rowsMax}. Leave it out for 256.`,
    )
  }
}

/** What becomes of a pass's decisions under rules. @param parts `decided` and the team's actions are changed by a shield */
function ruled(
  rules: LiveRules,
  parts: {
    readonly team: LiveTeam
    readonly actions: Uint8Array
    readonly decided: Uint8Array
    readonly events: readonly ReadEvent[]
    readonly from: number
  },
): WatchedAction[] {
  const { team, actions, decided, events, from } = parts
  const { agentCount } = team
  return Array.from(decided, (action, row) => {
    const votes = actions.subarray(row * agentCount, (row + 1) * agentCount)
    const taken = rules.take(events[from + row].stream, { action, votes })
    if (taken.shield !== null) {
      // The stream remembers what was done, as if all had voted for it.
      decided[row] = taken.action
      team.actions.fill(taken.action, row * agentCount, (row + 1) * agentCount)
    }
    return taken
  })
}

/** Reasons of the team's own action on a row. */
function reasonsOf(
  { x, categories, denseCount, contextCount, columnCount }: LiveTeam,
  row: number,
  { votes, action, score, effect, nearest }: Judged,
): Reasons {
  const reasons = { dissent: dissentOf(votes, action), inputs: effect(score, action) }
  if (nearest === null) return reasons
  const from = row * (denseCount + contextCount)
  const near = nearest(
    x.subarray(from, from + denseCount),
    categories.subarray(row * columnCount, (row + 1) * columnCount),
  )
  return { ...reasons, nearest: near }
}

/** What reasons are made from. */
type Judged = {
  readonly votes: Uint8Array
  readonly action: number
  readonly score: number
  readonly effect: ReturnType<Ablation['effectsOf']>
  readonly nearest: NearestEvents | null
}

function dissentOf(votes: Uint8Array, action: number): number[] {
  return [...votes.keys()].filter((agent) => isRestrictive(votes[agent]) !== isRestrictive(action))
}

/** Where actions have consequences the environment counts votes, by majority or quorum, whatever the rule is in triage. */
export function countingVote({ vote, environment }: Pick<Bundle, 'vote' | 'environment'>): Bundle['vote'] {
  return environment.response === null ? vote : { ...vote, rule: environment.rule }
}
