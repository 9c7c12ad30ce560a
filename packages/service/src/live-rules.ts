import {
  type Constraints,
  compileConstraints,
  compileEnvironment,
  ENVIRONMENT_PLAN_BYTES,
  type EnvironmentSpec,
  instantiateEnvironment,
  isKnownLive,
  ROBUSTNESS_MAX,
  type TargetedSpecification,
  writeConstraints,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import type { Bundle } from '@vigil/runs'
import { serviceError } from './errors.ts'
import { createStreamStates, type KeptStreams } from './stream-states.ts'

/** The specifications of a team, watched on its live decisions. */
export type LiveRules = {
  /** [S] those that need no label, in the order of robustness */
  readonly watched: readonly TargetedSpecification[]
  /** Takes a decision of the team in, or what the shield puts in its place. */
  take(stream: string | null, decision: VotedAction): WatchedAction
  /** What is watched of each stream, or of all decisions. */
  save(): KeptStreams
  /** Takes what rules of the same specifications have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptStreams): void
}

type VotedAction = {
  /** of the team after the vote */
  readonly action: number
  /** [A] */
  readonly votes: Uint8Array
}

/** What becomes of a decision under rules. */
export type WatchedAction = {
  /** the team's, or that of the shield */
  readonly action: number
  /** [S] after this decision, -1e6 to 1e6, 1e6 where a formula has no value yet; null where one has none at all here */
  readonly robustness: Float32Array | null
  readonly shield: Shield | null
}

/** An action that was put in the place of another. */
export type Shield = {
  /** the team's */
  readonly from: number
  readonly to: number
  /** name of the first specification that `from` would break and `to` keeps */
  readonly specification: string
}

/** How rules act: they are left alone, watched, or kept where another action keeps them. */
export type RuleMode = 'off' | 'watch' | 'shield'

/** Bytes that records of streams may take. */
const RECORD_BYTES = 32 * 2 ** 20
/** What a record takes besides its values. */
const RECORD_OVERHEAD_BYTES = 192
const STATIC_BYTES = 65536
const PAGE_BYTES = 65536

/** By action: what may stand in its place, the nearest first. */
const ALTERNATIVES = [
  [3, 1, 2],
  [2, 3, 0],
  [1, 3, 0],
  [0, 1, 2],
] as const

/** Those whose signals follow from decisions alone: nobody knows labels live. */
function watchedLive({ specifications, environment }: Bundle): readonly TargetedSpecification[] {
  const { programs } = compileConstraints(environment)
  return specifications.filter((_, s) => programs[s].signals.every(isKnownLive))
}

/**
 * Watches decisions with the environment's own code. A team that learnt on streams is watched stream by stream, from each one's first
 * decision on; any other on all decisions in their order.
 *
 * The shield replaces an action that would make the robustness of a specification negative, where another action breaks fewer
 * specifications and none that the team's would keep. Of several the nearest is taken: first those of the same class.
 *
 * @returns null where no specification can be watched
 * @throws {VigilError} RULES_MISSING where a shield has nothing to keep; NOT_BUILT
 */
export async function createLiveRules(bundle: Bundle, mode: RuleMode): Promise<LiveRules | null> {
  const watched = mode === 'off' ? [] : watchedLive(bundle)
  if (watched.length === 0) {
    if (mode !== 'shield') return null
    throw serviceError(
      'RULES_MISSING',
      'The team has no specification that can be watched without labels, so a shield has nothing to keep. Train with --specifications over signals such as alert_rate[w] or response_time_ms (docs/service.md), or leave --shield out.',
    )
  }
  const bank = await createRecordBank(bundle.environment, watched)
  const isByStream = bundle.environment.mode === 'stream' && bundle.environment.response === null
  const states = createStreamStates(
    bank.begin(),
    Math.max(1, Math.floor(RECORD_BYTES / (bank.bytes + RECORD_OVERHEAD_BYTES))),
  )
  const brokenBy = (robustness: Float32Array | null) => watched.filter((_, s) => (robustness?.[s] ?? 0) < 0)

  function shieldFor(state: Float32Array, { action, votes }: VotedAction): Shield | null {
    const broken = brokenBy(bank.tried(state, action, votes))
    let best: { readonly to: number; readonly broken: readonly TargetedSpecification[] } | null = null
    if (broken.length === 0) return null
    for (const to of ALTERNATIVES[action]) {
      const robustness = bank.tried(state, to, votes)
      const own = brokenBy(robustness)
      const fewest = best?.broken.length ?? broken.length
      if (robustness !== null && own.length < fewest && own.every((one) => broken.includes(one)))
        best = { to, broken: own }
    }
    if (best === null) return null
    const kept = broken.find((one) => !best.broken.includes(one)) as TargetedSpecification
    return { from: action, to: best.to, specification: kept.name }
  }

  return {
    ...{ watched, save: states.save, restore: states.restore },
    take(stream, decision) {
      const state = states.of(isByStream ? stream : EVERY_STREAM)
      const shield = mode === 'shield' ? shieldFor(state, decision) : null
      const action = shield?.to ?? decision.action
      return { action, robustness: bank.take(state, action, decision.votes), shield }
    },
  }
}

/** The name of what has no streams. */
const EVERY_STREAM = ''

/** Records of the environment, which are kept outside of its memory. */
type RecordBank = {
  readonly bytes: number
  /** A record before the first decision. */
  begin(): Float32Array
  /** What a decision would make of a record. @returns [S]; null where a formula has no value */
  tried(record: Float32Array, action: number, votes: Uint8Array): Float32Array | null
  /** As `tried`, into the record; one in which a formula has no value begins anew. */
  take(record: Float32Array, action: number, votes: Uint8Array): Float32Array | null
}

async function createRecordBank(
  environment: EnvironmentSpec,
  watched: readonly TargetedSpecification[],
): Promise<RecordBank> {
  const formulas = watched.map(({ formula }) => formula)
  const spec = { ...environment, specifications: formulas, response: null, showsBelief: false }
  const constraints = compileConstraints(spec)
  const { at, memory } = layOut(spec, constraints)
  const { buffer } = memory
  const environments = instantiateEnvironment(await compileEnvironment(), memory)
  writeConstraints(constraints, spec, { buffer, at: at.constraints })
  new Uint32Array(buffer, at.rows, 2).set([0, 1])
  writeEnvironmentPlan(
    { spec, constraints },
    {
      ...{ rows: at.rows, rowCount: 1, streamStarts: at.rows, streamCount: 1, labels: at.label },
      constraints: at.constraints,
    },
    { buffer, at: at.plan },
  )
  environments.prepare(at.plan, at.registers)
  environments.beginLane(at.plan, at.record, at.context)
  const record = new Float32Array(buffer, at.record, constraints.watchBytes / 4)
  const beginning = record.slice()
  const robustness = new Float32Array(buffer, at.robustness, watched.length)
  const actions = new Uint8Array(buffer, at.actions, spec.agentCount)

  function tried(before: Float32Array, action: number, votes: Uint8Array): Float32Array | null {
    record.set(before)
    actions.set(votes)
    robustness.fill(ROBUSTNESS_MAX)
    const status = environments.watchLive(at.plan, action, at.actions, at.record, at.registers, at.robustness)
    return status === 0 ? robustness.slice() : null
  }

  return {
    bytes: constraints.watchBytes,
    begin: () => beginning.slice(),
    tried,
    take(state, action, votes) {
      const values = tried(state, action, votes)
      state.set(values === null ? beginning : record)
      return values
    },
  }
}

/** Byte offsets of what the environment watches one record with. */
function layOut({ agentCount, specifications }: EnvironmentSpec, constraints: Constraints) {
  let next = STATIC_BYTES
  const place = (bytes: number) => {
    const at = next
    next += Math.ceil(bytes / 64) * 64
    return at
  }
  const at = {
    plan: place(ENVIRONMENT_PLAN_BYTES),
    constraints: place(constraints.blockBytes),
    registers: place(constraints.registerBytes),
    record: place(constraints.watchBytes),
    robustness: place(4 * specifications.length),
    actions: place(agentCount),
    context: place(4 * (4 + specifications.length)),
    /** One row that is no threat, in one stream. */
    rows: place(8),
    label: place(1),
  }
  const pages = Math.ceil(next / PAGE_BYTES)
  return { at, memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }) }
}
