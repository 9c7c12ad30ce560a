import type { RewardPreset, RewardTable } from '@vigil/env-wasm'
import { type Agreement, judge } from './agreement.ts'
import { type Balance, rewardBalance } from './balance.ts'
import type { Options } from './options.ts'
import type { Policy } from './policy.ts'
import { playedThreatRate, simulate } from './simulate.ts'

/** A policy, what it is expected to earn and what it earned in the environment, per event. */
export type CheckedPolicy = Policy & { readonly expectedReward: number; readonly simulated: Agreement }

/** Everything the command says; this is the JSON. */
export type BalanceReport = {
  readonly threatRate: number
  readonly right: number
  /** Null for a table of the user's own. */
  readonly preset: RewardPreset | null
  readonly rewards: RewardTable
  /** In the order of Balance. */
  readonly policies: readonly CheckedPolicy[]
  readonly bands: Balance['bands']
  readonly withoutSignal: Balance['withoutSignal']
  readonly rightShareNeeded: Balance['rightShareNeeded']
  readonly simulation: {
    /** Events played per policy. */
    readonly samples: number
    readonly seed: number
    /** The nearest share that the played data set can have; the check is made at this rate. */
    readonly threatRate: number
    /** Whether chance and rounding explain every deviation. */
    readonly agrees: boolean
  }
}

/**
 * The balance of a reward table with each expected reward checked by play.
 *
 * @param module env.wasm, compiled
 */
export function checkedBalance(module: WebAssembly.Module, options: Omit<Options, 'output'>): BalanceReport {
  const { threatRate, right, preset, rewards, samples, seed } = options
  const { policies, ...balance } = rewardBalance({ threatRate, right, rewards })
  const played = { threatRate: playedThreatRate(threatRate), rewards, samples }
  const means = simulate(module, { ...played, policies, seed })
  const checked = policies.map((policy, i) => ({
    ...policy,
    simulated: judge({ ...played, policy, meanReward: means[i] }),
  }))
  const agrees = checked.every(({ simulated }) => simulated.agrees)
  return {
    threatRate,
    right,
    preset,
    rewards,
    policies: checked,
    ...balance,
    simulation: { samples, seed, threatRate: played.threatRate, agrees },
  }
}

/** Why the check failed, in words; null when it did not. */
export function disagreementOf({ policies, simulation }: BalanceReport): string | null {
  const wrong = policies.find(({ simulated }) => !simulated.agrees)
  if (wrong === undefined) return null
  return `The environment paid ${wrong.name} ${wrong.simulated.meanReward} per event over ${simulation.samples} events, but the reward table says ${wrong.expectedReward}, and chance does not explain that. Build the environment again with: npx nx run env-wasm:build. If it stays, it is a defect of Vigil: please report it with this command line.`
}
