import { writeBlock } from '@vigil/blocks'
import {
  compileConstraints,
  ENVIRONMENT_PLAN_BYTES,
  ENVIRONMENT_STATIC_END,
  type EnvironmentSpec,
  instantiateEnvironment,
  PLAIN_ENVIRONMENT,
  type RewardTable,
  STEP,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import { type RandomStream, randomStream, randomUnit } from '@vigil/random'
import type { Policy } from './policy.ts'

/** Rows of the played data set: every threat rate of up to six decimals is met exactly. */
const ROWS = 1_000_000

/** E, lanes that step together. */
const LANES = 1024

const ALLOW = 0
const BLOCK = 1
const ALERT = 3
const PAGE_BYTES = 65536

/** The threat rate that is played for a wanted one: the nearest share of ROWS rows. */
export function playedThreatRate(threatRate: number): number {
  return Math.round(threatRate * ROWS) / ROWS
}

/** What to play: `samples` events for each policy, in iid mode, one agent, no bonus. */
export type Simulation = {
  readonly policies: readonly Policy[]
  readonly threatRate: number
  readonly rewards: RewardTable
  readonly samples: number
  /** u32 */
  readonly seed: number
}

/**
 * Plays policies in the WebAssembly environment. The environment draws the events and pays; a policy here decides with
 * the label in sight, which no agent can do. Every policy meets events of its own: the means are independent.
 *
 * @param module env.wasm, compiled
 * @returns mean reward per event of each policy
 */
export function simulate(module: WebAssembly.Module, simulation: Simulation): number[] {
  const spec = specOf(simulation)
  const constraints = compileConstraints(spec)
  const layout = layOut(constraints.laneBytes)
  const pages = Math.ceil(layout.end / PAGE_BYTES)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const env = instantiateEnvironment(module, memory)
  const labels = new Uint8Array(memory.buffer, layout.labels, ROWS)
  labels.fill(1, 0, Math.round(simulation.threatRate * ROWS))
  const rows = new Uint32Array(memory.buffer, layout.rows, ROWS)
  for (let i = 0; i < ROWS; i++) rows[i] = i
  new Uint32Array(memory.buffer, layout.streamStarts, 2).set([0, ROWS])
  const split = { ...layout, rowCount: ROWS, streamCount: 1, constraints: 0 }
  writeEnvironmentPlan({ spec, constraints }, split, { buffer: memory.buffer, at: layout.plan })

  const observed = new Uint32Array(memory.buffer, layout.observed, LANES)
  const actions = new Uint8Array(memory.buffer, layout.actions, LANES)
  const rewards = new Float32Array(memory.buffer, layout.rewards, LANES)
  const choices = randomStream(simulation.seed, 'action')

  return simulation.policies.map((policy, policyIndex) => {
    const laneBase = policyIndex * LANES
    env.reset(layout.plan, layout.lanes, LANES, laneBase)
    let sum = 0
    for (let played = 0; played < simulation.samples; played += LANES) {
      const count = Math.min(LANES, simulation.samples - played)
      env.observe(layout.plan, layout.lanes, count, layout.observed, 0)
      for (let i = 0; i < count; i++) {
        const isThreat = labels[observed[i]] === 1
        const block = isThreat ? policy.recall : policy.falsePositiveRate
        const alert = isThreat ? policy.threatAlertRate : policy.benignAlertRate
        actions[i] = choose({ block, alert }, choices, { event: played + i, policyIndex })
      }
      writeBlock(
        STEP,
        { buffer: memory.buffer, at: layout.step },
        {
          plan: layout.plan,
          lanes: layout.lanes,
          count,
          laneBase,
          actions: layout.actions,
          probabilities: 0,
          rewards: layout.rewards,
          expectedRewards: 0,
          teamActions: layout.teamActions,
          terminated: layout.terminated,
          truncated: layout.truncated,
          nextRows: layout.nextRows,
          nextContext: 0,
          robustness: 0,
          registers: 0,
        },
      )
      env.step(layout.step)
      for (let i = 0; i < count; i++) sum += rewards[i]
    }
    return sum / simulation.samples
  })
}

/** Block and alert with these probabilities, else allow; the same for the same event of the same policy. */
function choose(
  { block, alert }: { readonly block: number; readonly alert: number },
  source: RandomStream,
  { event, policyIndex }: { readonly event: number; readonly policyIndex: number },
): number {
  if (block === 1) return BLOCK
  if (alert === 1) return ALERT
  if (block === 0 && alert === 0) return ALLOW
  const drawn = randomUnit(source, event, policyIndex)
  return drawn < block ? BLOCK : drawn < block + alert ? ALERT : ALLOW
}

function specOf({ seed, rewards }: Simulation): EnvironmentSpec {
  const alone = { agentCount: 1, rule: 'majority', faults: 0, fallbackAction: ALLOW } as const
  return { ...PLAIN_ENVIRONMENT, ...alone, seed, rewards }
}

/** Byte offsets of everything in the memory, behind the module's own data. */
function layOut(laneBytes: number) {
  let end = ENVIRONMENT_STATIC_END
  const take = (bytes: number) => {
    const at = end
    end += Math.ceil(bytes / 16) * 16
    return at
  }
  const places = {
    plan: take(ENVIRONMENT_PLAN_BYTES),
    step: take(STEP.bytes),
    rows: take(4 * ROWS),
    streamStarts: take(8),
    labels: take(ROWS),
    lanes: take(LANES * laneBytes),
    observed: take(4 * LANES),
    actions: take(LANES),
    rewards: take(4 * LANES),
    teamActions: take(LANES),
    terminated: take(LANES),
    truncated: take(LANES),
    nextRows: take(4 * LANES),
  }
  return { ...places, end }
}
