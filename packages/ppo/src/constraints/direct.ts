import { compileConstraints, ROBUSTNESS_MAX } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import type { Program } from '@vigil/stl'
import { directGradient, historyReach, isRelaxed, teamProbability } from '@vigil/stl-smooth'
import { deviationOf, momentsOf } from '../return-normaliser.ts'
import type { PpoSettings } from '../settings.ts'
import { type DecisionHistory, extendHistory, historyColumns } from './decision-history.ts'

type DirectSettings = Pick<PpoSettings, 'stlMode' | 'environment' | 'specifications'>

/** Steps of history that are kept at most: the cost of smooth robustness grows with them. */
const HISTORY_MAX = 256

/** Temperature of the smooth minima and maxima, in deviations of the specification's own robustness. */
const TEMPERATURE_DEVIATIONS = 0.1

/** Smallest temperature, where robustness hardly differs. */
const TEMPERATURE_MIN = 1e-3

/**
 * Steps before a rollout on which its direct gradient depends: what windows and past operators look back on, and the steps
 * before it whose own windows reach into it. At most {@link HISTORY_MAX}; 0 where the mode takes no direct gradient.
 */
export function historyLength(settings: DirectSettings): number {
  if (settings.stlMode !== 'lagrangian+direct') return 0
  const { programs } = compileConstraints(settings.environment)
  return Math.min(HISTORY_MAX, Math.max(0, ...programs.filter(hasGradient).map(historyReach)))
}

/** Whether a specification is about decisions and labels alone. */
function hasGradient({ signals }: Program): boolean {
  return signals.every(isRelaxed)
}

/** What a direct gradient is made from. */
export type DirectInput = {
  /** in shard order */
  readonly trajectories: readonly Trajectory[]
  /** [rows of the dataset] */
  readonly labels: Uint8Array
  /** of the lanes before this rollout */
  readonly history: DecisionHistory
  /** [S] lambda */
  readonly multipliers: readonly number[]
}

/**
 * What the probability of a restrictive decision is worth to the specifications, at every step of a rollout:
 *
 *   g = sum_s lambda_s g_s / rms(g_s) / (1 + sum_s lambda_s),  g_s = d (smooth robustness of s) / d P(restrictive)
 *
 * Each gradient is brought to a mean square of 1, as advantages are, so that a multiplier weighs both alike. The probability
 * at which it is taken is the share of the agents that did act restrictively, a sample of the team's probability, because
 * trajectories carry what was done and not what might have been. A specification that reads more than decisions and
 * labels (response times, loads) has no direct gradient.
 *
 * @returns [N] in the order of a batch, shard, step, lane; null where no multiplier is above 0
 */
export function directOf(
  settings: DirectSettings,
  { trajectories, labels, history, multipliers }: DirectInput,
): Float32Array | null {
  const { programs } = compileConstraints(settings.environment)
  const chosen = programs.flatMap((program, s) => (multipliers[s] > 0 && hasGradient(program) ? [s] : []))
  if (chosen.length === 0) return null
  const laneCount = trajectories.reduce((sum, trajectory) => sum + trajectory.laneCount, 0)
  const { stepCount } = trajectories[0]
  const runsOn = settings.environment.response !== null
  const whole = extendHistory(history, { trajectories, labels, runsOn }, Number.POSITIVE_INFINITY)
  const { restrictive, threat, begins } = historyColumns(whole, laneCount)
  restrictive.set(sideBySide(trajectories, votesOf), history.length)
  const window = {
    steps: stepCount,
    historySteps: history.length / laneCount,
    lanes: laneCount,
    restrictive,
    threat,
    begins,
  }
  const total = new Float32Array(stepCount * laneCount)
  const scale = 1 / (1 + multipliers.reduce((sum, multiplier) => sum + multiplier, 0))
  for (const s of chosen) {
    const { formula } = settings.specifications[s]
    const specification = { formula, weight: 1, temperature: temperatureOf(trajectories, s) }
    const gradient = directGradient({ specifications: [specification], window: { ...window, signals: {} } })
    const square = gradient.reduce((sum, value) => sum + value * value, 0) / gradient.length
    if (square === 0) continue
    const factor = (multipliers[s] * scale) / Math.sqrt(square)
    for (let i = 0; i < total.length; i++) total[i] += factor * gradient[i]
  }
  return shardByShard(total, trajectories)
}

/** What P(restrictive) is worth [N], as what each agent's probabilities of block and of quarantine are worth [N, A, 4]. */
export function restrictiveActions(gradient: Float32Array, agentCount: number): Float32Array {
  const direct = new Float32Array(4 * agentCount * gradient.length)
  for (let at = 0; at < direct.length; at += 4) direct.fill(gradient[Math.floor(at / (4 * agentCount))], at + 1, at + 3)
  return direct
}

/** [T, E] share of the agents that acted restrictively. */
function votesOf({ actions, agentCount }: Trajectory): Float32Array {
  return teamProbability(
    Uint8Array.from(actions, (action) => (action === 1 || action === 2 ? 1 : 0)),
    agentCount,
  )
}

/**
 * Smooth extremes err by multiples of the temperature: it goes with how much robustness differs between steps that have
 * one. The environment's limit stands for "no value yet", and one such step would make the temperature tens of thousands.
 */
function temperatureOf(trajectories: readonly Trajectory[], specification: number): number {
  const finite = trajectories.map(({ robustness, specificationCount: S }) =>
    robustness.filter((value, i) => i % S === specification && Math.abs(value) < ROBUSTNESS_MAX),
  )
  const valued = finite.filter(({ length }) => length > 0)
  const deviations = (valued.length > 0 ? valued : finite).map((values) => deviationOf(momentsOf(values, null)))
  const mean = deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length
  return Math.max(TEMPERATURE_MIN, TEMPERATURE_DEVIATIONS * mean)
}

/** Columns [T, E] of the shards -> [T, L] of all lanes. */
function sideBySide(
  trajectories: readonly Trajectory[],
  column: (trajectory: Trajectory) => Float32Array,
): Float32Array {
  const laneCount = trajectories.reduce((sum, trajectory) => sum + trajectory.laneCount, 0)
  const joined = new Float32Array(trajectories[0].stepCount * laneCount)
  let firstLane = 0
  for (const trajectory of trajectories) {
    const { stepCount, laneCount: E } = trajectory
    const values = column(trajectory)
    for (let t = 0; t < stepCount; t++) joined.set(values.subarray(t * E, (t + 1) * E), t * laneCount + firstLane)
    firstLane += E
  }
  return joined
}

/** [T, L] of all lanes -> the shards' [T, E] one after another, the order of a batch. */
function shardByShard(values: Float32Array, trajectories: readonly Trajectory[]): Float32Array {
  const batch = new Float32Array(values.length)
  const { stepCount } = trajectories[0]
  const laneCount = values.length / stepCount
  let firstLane = 0
  for (const { laneCount: E } of trajectories) {
    for (let t = 0; t < stepCount; t++) {
      const from = t * laneCount + firstLane
      batch.set(values.subarray(from, from + E), firstLane * stepCount + t * E)
    }
    firstLane += E
  }
  return batch
}
