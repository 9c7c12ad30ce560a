/** Lanes: E independent episodes that step together. */
import { boundedIndex, philox, word0 } from '../../random/assembly/philox'
import { contextBytes, contextOf, Lane, laneAt, stateOf, watchOf } from './lane'
import { isThreat, MODE_IID, Plan, rowAt, streamStart } from './plan'
import { beginStreamState, respond, showState } from './response'
import { Response } from './response-plan'
import { agentReward, expectedReward } from './reward'
import { beginSite, goOn, NOWHERE, respondAtSite, SiteState, showFollowing, showSite } from './site'
import { Site } from './site-plan'
import { Step } from './step'
import { teamAction } from './vote'
import { beginWatch, isFalselyContained, prepareRegisters, WatchRecord, watchDecision, watchStream } from './watch'
import { Watch } from './watch-plan'

/** Philox key word of the purpose `environment` (random/src/streams.ts). */
const ENVIRONMENT_STREAM: u32 = 1

/** Last counter word: what is drawn. */
const DRAW_ROW: u32 = 0
const DRAW_STREAM: u32 = 1

/** f64 of each entry. */
const LEDGER_BYTES: usize = 64

/** Weight of the newest decision in the context's moving averages. */
const CONTEXT_RATE: f32 = 1.0 / 16.0

/** Begins the first episode of every lane. `laneBase` is the number of the first lane within the whole run. */
export function reset(plan: Plan, lanes: usize, count: i32, laneBase: u32): void {
  memory.fill(lanes, 0, <usize>count * plan.laneBytes)
  for (let i = 0; i < count; i++) {
    const lane = laneAt(plan, lanes, i)
    beginLane(plan, watchOf(lane), contextOf(plan, lane))
    const site = plan.site
    const response = plan.response
    if (site !== null && response !== null) {
      beginWindow(plan, response, site, lane, laneBase + i)
      showSite(response, site, changetype<SiteState>(stateOf(plan, lane)), contextOf(plan, lane))
      continue
    }
    if (plan.mode == MODE_IID) drawRow(plan, lane, laneBase + i)
    else beginStream(plan, lane, laneBase + i)
    beginState(plan, lane)
  }
}

/**
 * What the agents see before they act.
 *
 * @param rows    [E] u32, overwritten: dataset rows
 * @param context [E, K] f32, overwritten
 */
export function observe(plan: Plan, lanes: usize, count: i32, rows: usize, context: usize): void {
  const bytes = contextBytes(plan)
  for (let i = 0; i < count; i++) {
    const lane = laneAt(plan, lanes, i)
    store<u32>(rows + ((<usize>i) << 2), rowAt(plan, lane.position))
    if (bytes) memory.copy(context + <usize>i * bytes, contextOf(plan, lane), bytes)
  }
}

/**
 * One step of every lane: rewards for the actions, flags, and the next observation.
 *
 * `terminated` = the stream ended, nothing follows. `truncated` = the time limit cut an episode that goes on; what would
 * have been seen next is left in nextRows and nextContext, before the reset, so that its value can be bootstrapped.
 * A lane that ends begins a new episode at once.
 *
 * @returns 0; or 1 + the monitors' instruction whose value is no number, and then no lane may be used any more
 */
export function step(job: Step): i32 {
  const plan = changetype<Plan>(job.plan)
  const watch = plan.watch
  const response = plan.response
  const registers = job.registers
  if (watch !== null) prepareRegisters(watch, registers)
  let robustness = job.robustness
  const agents = plan.agentCount
  const bytes = contextBytes(plan)
  for (let i = 0; i < job.count; i++) {
    const lane = laneAt(plan, job.lanes, i)
    const threat = isThreat(plan, rowAt(plan, lane.position))
    const laneActions = job.actions + <usize>i * agents
    const decision = teamAction(plan, laneActions)
    store<u8>(job.teamActions + i, decision)
    const context = contextOf(plan, lane)
    if (response === null) {
      payActions(plan, job, i, threat)
      absorbDecision(context, plan.headCount, decision)
    }
    const site = plan.site
    if (site !== null && response !== null) {
      const status = payAtSite(plan, response, site, job, i, decision, robustness)
      if (status != 0) return status
      if (watch !== null) robustness += (<usize>watch.specificationCount) << 2
      continue
    }
    const ledger: usize = watch !== null && response !== null ? registers + watch.ledgerAt : 0
    if (ledger) watchStream(changetype<WatchRecord>(watchOf(lane)), stateOf(plan, lane), decision)
    const end =
      response === null
        ? advance(plan, lane, job.laneBase + i)
        : payConsequences(plan, response, job, i, decision, ledger)
    if (watch !== null) {
      const status = watchStep(plan, watch, job, i, threat, end == TERMINATED, ledger, robustness)
      if (status != 0) return status
      absorbRobustness(plan, context, robustness)
      robustness += (<usize>watch.specificationCount) << 2
    }
    store<u8>(job.terminated + i, end == TERMINATED ? 1 : 0)
    store<u8>(job.truncated + i, end == TRUNCATED ? 1 : 0)
    store<u32>(job.nextRows + ((<usize>i) << 2), rowAt(plan, lane.position))
    if (bytes) memory.copy(job.nextContext + <usize>i * bytes, contextOf(plan, lane), bytes)
    if (end) beginEpisode(plan, lane, job.laneBase + i, end)
  }
  return 0
}

/**
 * The lane's monitors take in a decision and what came of it.
 *
 * @param ledger     -> f64 [8] of the step; 0 where actions have no consequences
 * @param robustness [S] f32, overwritten
 * @returns as `step`
 */
function watchStep(
  plan: Plan,
  watch: Watch,
  job: Step,
  index: i32,
  threat: bool,
  isOver: bool,
  ledger: usize,
  robustness: usize,
): i32 {
  const lane = laneAt(plan, job.lanes, index)
  const record = changetype<WatchRecord>(watchOf(lane))
  const decision = load<u8>(job.teamActions + index)
  const actions = job.actions + <usize>index * plan.agentCount
  const endsStream = ledger != 0 && isOver
  const falsely = endsStream && isFalselyContained(record, stateOf(plan, lane), decision)
  const registers = job.registers
  const status = watchDecision(plan, watch, record, threat, decision, falsely, actions, ledger, registers, robustness)
  if (endsStream) record.dwell = 0
  return status
}

/** Every agent is paid for its own action, or the team's; nothing else comes of it. */
function payActions(plan: Plan, job: Step, lane: i32, threat: bool): void {
  const agents = plan.agentCount
  const actions = job.actions + <usize>lane * agents
  for (let agent = 0; agent < agents; agent++) {
    const entry = <usize>lane * agents + agent
    store<f32>(job.rewards + (entry << 2), agentReward(plan, threat, actions, agent))
    const expected = expectedReward(plan, threat, actions, agent, job.probabilities + (entry << 4))
    store<f32>(job.expectedRewards + (entry << 2), expected)
  }
}

/**
 * Every agent is paid what the team's action brings, and the lane moves on to what still happens. There are no expected rewards:
 * what follows is the critic's to know.
 *
 * @param ledger -> f64 [8], overwritten with this step's; 0 = nobody counts
 * @returns how the episode ended, if it did
 */
function payConsequences(plan: Plan, response: Response, job: Step, index: i32, decision: u8, ledger: usize): i32 {
  const lane = laneAt(plan, job.lanes, index)
  const state = stateOf(plan, lane)
  if (ledger) memory.fill(ledger, 0, LEDGER_BYTES)
  const next = respond(plan, state, plan.rows, lane.position, lane.streamEnd, decision, ledger)
  const agents = <usize>plan.agentCount
  const rewards = job.rewards + ((<usize>index * agents) << 2)
  for (let agent: usize = 0; agent < agents; agent++) store<f32>(rewards + (agent << 2), <f32>state.reward)
  lane.steps++
  lane.episodeStep++
  if (next == lane.streamEnd) return TERMINATED
  lane.position = next
  showState(response, state, contextOf(plan, lane))
  return plan.episodeSteps != 0 && lane.episodeStep == plan.episodeSteps ? TRUNCATED : GOES_ON
}

/**
 * As payConsequences, of an event among those of many streams. `terminated` = nothing follows in the event's stream; nextRows and
 * nextContext are what follows there. `truncated` = the recording ends, and the lane begins another window; what it watches goes
 * on.
 *
 * @param robustness [S] f32, overwritten
 * @returns as `step`
 */
function payAtSite(
  plan: Plan,
  response: Response,
  site: Site,
  job: Step,
  index: i32,
  decision: u8,
  robustness: usize,
): i32 {
  const lane = laneAt(plan, job.lanes, index)
  const state = changetype<SiteState>(stateOf(plan, lane))
  const watch = plan.watch
  const ledger: usize = watch === null ? 0 : job.registers + watch.ledgerAt
  if (ledger) memory.fill(ledger, 0, LEDGER_BYTES)
  respondAtSite(plan, response, site, state, lane.position, decision, ledger)
  const status = watchSite(plan, job, index, state, ledger, robustness)
  if (status != 0) return status
  const agents = <usize>plan.agentCount
  const rewards = job.rewards + ((<usize>index * agents) << 2)
  for (let agent: usize = 0; agent < agents; agent++) store<f32>(rewards + (agent << 2), <f32>state.reward)
  lane.steps++
  lane.episodeStep++
  const following = state.isOver != 0 ? lane.position : state.next
  store<u32>(job.nextRows + ((<usize>index) << 2), rowAt(plan, following))
  const nextContext = job.nextContext + <usize>index * contextBytes(plan)
  memory.copy(nextContext, contextOf(plan, lane), contextBytes(plan))
  if (state.isOver == 0) {
    if (following == lane.position) showSite(response, site, state, nextContext)
    else showFollowing(plan, response, site, state, nextContext)
  }
  store<u8>(job.terminated + index, state.isOver != 0 ? 1 : 0)
  const next = goOn(plan, response, site, state, lane.position)
  store<u8>(job.truncated + index, next == NOWHERE ? 1 : 0)
  if (next == NOWHERE) {
    lane.episodeStep = 0
    beginWindow(plan, response, site, lane, job.laneBase + index)
  } else takePosition(plan, site, lane, next)
  showSite(response, site, state, contextOf(plan, lane))
  return 0
}

/** As watchStep, of a decision among those of many streams: tickets are the site's, how long an intruder stays the stream's. */
function watchSite(plan: Plan, job: Step, index: i32, state: SiteState, ledger: usize, robustness: usize): i32 {
  const watch = plan.watch
  if (watch === null) return 0
  const lane = laneAt(plan, job.lanes, index)
  const record = changetype<WatchRecord>(watchOf(lane))
  record.dwell = state.dwell
  record.openTickets = state.openTickets
  const threat = isThreat(plan, rowAt(plan, lane.position))
  const decision = load<u8>(job.teamActions + index)
  const actions = job.actions + <usize>index * plan.agentCount
  const falsely = state.falselyContained != 0
  const registers = job.registers
  const status = watchDecision(plan, watch, record, threat, decision, falsely, actions, ledger, registers, robustness)
  if (status == 0) absorbRobustness(plan, contextOf(plan, lane), robustness)
  return status
}

/** A window of the recording, from an event drawn uniformly to the end of its site. */
function beginWindow(plan: Plan, response: Response, site: Site, lane: Lane, laneNumber: u32): void {
  philox(plan.seed, ENVIRONMENT_STREAM, lane.streamsBegun, 0, laneNumber, DRAW_STREAM)
  const tick = boundedIndex(word0, site.rowCount)
  lane.streamsBegun++
  const state = changetype<SiteState>(stateOf(plan, lane))
  takePosition(plan, site, lane, beginSite(plan, response, site, state, tick))
}

function takePosition(plan: Plan, site: Site, lane: Lane, position: u32): void {
  lane.position = position
  lane.streamEnd = streamStart(plan, load<u32>(site.streams + ((<usize>position) << 2)) + 1)
}

/** Makes registers ready for the monitors; `step` does so itself, walks by `absorb` before they begin. */
export function prepare(plan: Plan, registers: usize): void {
  const watch = plan.watch
  if (watch !== null) prepareRegisters(watch, registers)
}

/**
 * A walk begins that is no lane's: nothing has been decided, nothing is violated.
 *
 * @param watch   a watch record, overwritten; 0 where the specifications are not watched
 * @param context [K] f32, overwritten
 */
export function beginLane(plan: Plan, watch: usize, context: usize): void {
  const shared = plan.watch
  if (watch && shared !== null) beginWatch(shared, changetype<WatchRecord>(watch))
  memory.fill(context, 0, contextBytes(plan))
  for (let k = plan.headCount; k < plan.contextSize; k++) store<f32>(context + ((<usize>k) << 2), 1)
}

/**
 * Shows the decision about a row to a context that is no lane's, as `step` does to a lane's.
 *
 * @param row       of the dataset
 * @param actions   [A] u8
 * @param watch     the walk's watch record; 0 where the specifications are not watched
 * @param context   [K] f32, changed
 * @param registers prepared before
 * @returns as `step`
 */
export function absorb(plan: Plan, row: u32, actions: usize, watch: usize, context: usize, registers: usize): i32 {
  const decision = teamAction(plan, actions)
  if (plan.response === null) absorbDecision(context, plan.headCount, decision)
  const shared = plan.watch
  if (watch == 0 || shared === null) return 0
  const record = changetype<WatchRecord>(watch)
  // The observed values come last in the context, as many as robustnesses: they are made where they belong.
  const robustness = context + ((<usize>plan.headCount) << 2)
  const threat = isThreat(plan, row)
  const status = watchDecision(plan, shared, record, threat, decision, false, actions, 0, registers, robustness)
  if (status == 0) absorbRobustness(plan, context, robustness)
  return status
}

/** Robustness below which differences hardly show in the context. */
const OBSERVED_SCALE: f64 = 1e-3

/** What the context shows of robustness: observedRobustness in src/environment-spec.ts. */
function absorbRobustness(plan: Plan, context: usize, robustness: usize): void {
  const observed = context + ((<usize>plan.headCount) << 2)
  const count = plan.contextSize - plan.headCount
  for (let s = 0; s < count; s++) {
    const at = (<usize>s) << 2
    const value = <f64>load<f32>(robustness + at)
    const size = Math.log1p(abs(value) / OBSERVED_SCALE) / Math.log1p(1 / OBSERVED_SCALE)
    store<f32>(observed + at, <f32>(0.5 + 0.5 * copysign<f64>(min<f64>(size, 1), value)))
  }
}

/** context[a] += rate ([a = decision] - context[a]): the team's recent action mix, [size] f32. */
function absorbDecision(context: usize, size: i32, decision: u8): void {
  for (let a = 0; a < size; a++) {
    const at = context + ((<usize>a) << 2)
    const seen: f32 = a == decision ? 1 : 0
    store<f32>(at, load<f32>(at) + CONTEXT_RATE * (seen - load<f32>(at)))
  }
}

/** How a step left its episode. */
const GOES_ON = 0
const TERMINATED = 1
const TRUNCATED = 2

/** Moves the lane to its next row and says how the episode ended, if it did. */
function advance(plan: Plan, lane: Lane, laneNumber: u32): i32 {
  lane.steps++
  lane.episodeStep++
  if (plan.mode == MODE_IID) {
    drawRow(plan, lane, laneNumber)
  } else {
    if (lane.position + 1 == lane.streamEnd) return TERMINATED
    lane.position++
  }
  return plan.episodeSteps != 0 && lane.episodeStep == plan.episodeSteps ? TRUNCATED : GOES_ON
}

/**
 * After a time limit the lane goes on where it is, with a fresh context; after a stream's end with another stream. Where
 * actions have consequences, its windows and monitors go on across streams: an analyst's day does not begin anew with each.
 */
function beginEpisode(plan: Plan, lane: Lane, laneNumber: u32, end: i32): void {
  lane.episodeStep = 0
  if (plan.response === null) beginLane(plan, watchOf(lane), contextOf(plan, lane))
  if (end == TERMINATED) {
    beginStream(plan, lane, laneNumber)
    beginState(plan, lane)
  } else showLaneState(plan, lane)
}

/** The stream of a lane has just begun. */
function beginState(plan: Plan, lane: Lane): void {
  const response = plan.response
  if (response === null) return
  beginStreamState(plan, response, stateOf(plan, lane), rowAt(plan, lane.position))
  showLaneState(plan, lane)
}

function showLaneState(plan: Plan, lane: Lane): void {
  const response = plan.response
  if (response !== null) showState(response, stateOf(plan, lane), contextOf(plan, lane))
}

/** A row of the split, drawn uniformly and independently: the counter is the lane's step. */
function drawRow(plan: Plan, lane: Lane, laneNumber: u32): void {
  philox(plan.seed, ENVIRONMENT_STREAM, <u32>lane.steps, <u32>(lane.steps >> 32), laneNumber, DRAW_ROW)
  lane.position = boundedIndex(word0, plan.rowCount)
}

/**
 * A stream drawn uniformly, from its first row. Streams run to their end, so every row of the split is visited equally
 * often in the long run, whatever the lengths.
 */
function beginStream(plan: Plan, lane: Lane, laneNumber: u32): void {
  philox(plan.seed, ENVIRONMENT_STREAM, lane.streamsBegun, 0, laneNumber, DRAW_STREAM)
  const stream = boundedIndex(word0, plan.streamCount)
  lane.streamsBegun++
  lane.position = streamStart(plan, stream)
  lane.streamEnd = streamStart(plan, stream + 1)
}
