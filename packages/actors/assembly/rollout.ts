/** One rollout of one shard: T steps of E lanes and A agents without leaving WebAssembly. */
import { Step } from '../../env-wasm/assembly/step'
import { Acting } from '../../policy-wasm/assembly/acting'
import { act, evaluateStates, observe, step } from './externals'
import { gather, Team } from './team'

/** Described in ../src/blocks.ts. */
@unmanaged
class Rollout {
  team: Team
  /** The jobs of one step; the host fills in the buffers that all steps share, `rollout` what changes. */
  acting: Acting
  step: Step
  /** T */
  stepCount: i32
  /** -> f32 [E, A, O] */
  bootstrap: usize
  /** outputs, time-major: u32 [T, E], f32 [T, E, K], u8 [T, E, A], f32 [T, E, A], [T, E, A, O] x 2, [T, E, A] x 2, u8 [T, E] x 3 */
  rows: usize
  context: usize
  actions: usize
  logProbs: usize
  values: usize
  nextValues: usize
  rewards: usize
  expectedRewards: usize
  teamActions: usize
  terminated: usize
  truncated: usize
  /** f32 [T, E, S] */
  robustness: usize
}

/**
 * @param job            -> Rollout
 * @param lanes          the shard's lane records, advanced by T steps
 * @param recurrentState [E, A, H] the lanes' recurrent state, advanced with them; zero where an episode begins
 * @param parameters     [A, P] of the policy that acts
 * @returns 0; the policy module's status, 1 or more; or -1 - the monitors' instruction whose value is no number
 */
export function rollout(job: usize, lanes: usize, recurrentState: usize, parameters: usize): i32 {
  const shard = changetype<Rollout>(job)
  const team = shard.team
  const acting = shard.acting
  const next = shard.step
  const count = next.count
  const decisions = count * team.agentCount
  acting.parameters = parameters
  acting.recurrentState = recurrentState
  acting.steps = lanes
  next.lanes = lanes
  for (let t = 0; t < shard.stepCount; t++) {
    const event = <usize>(t * count)
    const decision = <usize>(t * decisions)
    const rows = shard.rows + (event << 2)
    const context = shard.context + ((event * team.contextSize) << 2)
    observe(team.environmentPlan, lanes, count, rows, context)
    gather(team, count, rows, context, acting.x, acting.categories)
    acting.actions = shard.actions + decision
    acting.logProbs = shard.logProbs + (decision << 2)
    acting.values = shard.values + ((decision * team.valueOutputs) << 2)
    const status = act(acting)
    if (status != 0) return status
    next.actions = acting.actions
    next.rewards = shard.rewards + (decision << 2)
    next.expectedRewards = shard.expectedRewards + (decision << 2)
    next.teamActions = shard.teamActions + event
    next.terminated = shard.terminated + event
    next.truncated = shard.truncated + event
    next.robustness = shard.robustness + ((event * team.specificationCount) << 2)
    const stopped = step(next)
    if (stopped != 0) return -stopped
    if (team.hasCritic) {
      // What follows in a lane of a site is another stream's: what follows in the stream itself is judged at each step.
      if (t > 0 && !team.isSite) inheritNextValues(shard, t - 1)
      if (team.isSite || t == shard.stepCount - 1 || anyTruncated(shard, t)) bootstrapNextValues(shard, t)
    }
    // Only now: a truncated step is bootstrapped with the state that it left.
    if (team.stateBytes > 0) forget(shard, recurrentState, t)
  }
  return 0
}

/** Where no reset lies between, what the critics say of s_{t+1} is what they say of the next step's observation. */
function inheritNextValues(shard: Rollout, t: i32): void {
  const bytes = valueBytes(shard)
  for (let lane = 0; lane < shard.step.count; lane++) {
    const event = <usize>(t * shard.step.count + lane)
    if (load<u8>(shard.truncated + event)) continue
    const from = shard.values + (event + shard.step.count) * bytes
    const to = shard.nextValues + event * bytes
    if (load<u8>(shard.terminated + event)) memory.fill(to, 0, bytes)
    else memory.copy(to, from, bytes)
  }
}

/** At a truncation and at the rollout's end, the value of what would have come next; 0 after termination. */
function bootstrapNextValues(shard: Rollout, t: i32): void {
  const team = shard.team
  const bytes = valueBytes(shard)
  const acting = shard.acting
  const next = shard.step
  gather(team, next.count, next.nextRows, next.nextContext, acting.x, acting.categories)
  acting.values = shard.bootstrap
  evaluateStates(acting)
  for (let lane = 0; lane < shard.step.count; lane++) {
    const event = <usize>(t * shard.step.count + lane)
    const to = shard.nextValues + event * bytes
    if (load<u8>(shard.terminated + event)) memory.fill(to, 0, bytes)
    else memory.copy(to, shard.bootstrap + <usize>lane * bytes, bytes)
  }
}

/** Bytes of what the critics say about one observation, f32 [A, O]. */
@inline
function valueBytes(shard: Rollout): usize {
  return (<usize>(shard.team.agentCount * shard.team.valueOutputs)) << 2
}

/** The next episode of a lane begins with nothing remembered. */
function forget(shard: Rollout, recurrentState: usize, t: i32): void {
  const bytes = shard.team.stateBytes
  for (let lane = 0; lane < shard.step.count; lane++) {
    const event = <usize>(t * shard.step.count + lane)
    const isOver = load<u8>(shard.terminated + event) | load<u8>(shard.truncated + event)
    if (isOver) memory.fill(recurrentState + <usize>lane * bytes, 0, bytes)
  }
}

function anyTruncated(shard: Rollout, t: i32): bool {
  const first = shard.truncated + <usize>(t * shard.step.count)
  for (let lane = 0; lane < shard.step.count; lane++) if (load<u8>(first + lane)) return true
  return false
}
