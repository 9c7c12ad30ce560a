import type { ResponseSpec } from './response-spec.ts'
import { actionRewards, DEFAULT_REWARDS, type RewardTable } from './reward-table.ts'

/** How a lane meets events: `iid` draws rows independently, `stream` walks the rows of one stream in time order. */
export type EpisodeMode = 'iid' | 'stream'

/** Whose action an agent is paid for: its `own`, or the team's after the vote. */
type Attribution = 'own' | 'consensus'

/** The rules of one environment; everything but the data. */
export type EnvironmentSpec = {
  readonly mode: EpisodeMode
  readonly agentCount: number
  /** u32; with the lane and its step it determines every draw. */
  readonly seed: number
  /** Time limit of an episode in steps; 0 = none. Reaching it truncates, it does not terminate. */
  readonly episodeSteps: number
  readonly attribution: Attribution
  readonly rule: 'majority' | 'quorum'
  /** f, the number of Byzantine agents that a quorum of 2f + 1 tolerates. */
  readonly faults: number
  /** What the team does without a decision, 0 to 3. */
  readonly fallbackAction: number
  readonly rewards: RewardTable
  /** [benign, threat] what the table's rewards are multiplied by for events of each label; absent = 1. */
  readonly rewardWeights?: readonly [number, number]
  /** w in w (1 [all agree] + 2 * share right); 0 = none. */
  readonly teamBonus: number
  /** What actions cost where they change what happens next (`respond`); null = they do not (`triage`). */
  readonly response: ResponseSpec | null
  /** Whether the context shows the belief that the dataset's likelihood ratios give; only with `response`. */
  readonly showsBelief: boolean
  /** Formulas of packages/stl over the signals of signals.ts, whose robustness every step gives; [] = none. */
  readonly specifications: readonly string[]
  /** Whether the context has the robustness of each specification after the step before. */
  readonly observeConstraints: boolean
}

/** Four agents, one of which may be faulty, paid for their own actions on independent events; nothing is specified. */
export const PLAIN_ENVIRONMENT: EnvironmentSpec = {
  mode: 'iid',
  agentCount: 4,
  seed: 1,
  episodeSteps: 0,
  attribution: 'own',
  rule: 'quorum',
  faults: 1,
  fallbackAction: 3,
  rewards: DEFAULT_REWARDS,
  teamBonus: 0,
  response: null,
  showsBelief: false,
  specifications: [],
  observeConstraints: false,
}

/**
 * What the environment pays by the table: actionRewards times the weight of the label, [label][action].
 */
export function paidRewards({
  rewards,
  rewardWeights = [1, 1],
}: Pick<EnvironmentSpec, 'rewards' | 'rewardWeights'>): readonly (readonly number[])[] {
  return actionRewards(rewards).map((paid, label) => paid.map((reward) => reward * rewardWeights[label]))
}

/**
 * Inputs at the head of the context: the state of the stream where actions have consequences (assembly/response.ts), and of its
 * site where streams share analysts (assembly/site.ts); else
 * moving averages of the team's actions, four in stream mode, none where rows are independent.
 */
export function headCount({ mode, response, showsBelief }: ContextSetting): number {
  if (response?.layout === 'site') return showsBelief ? 11 : 7
  if (response !== null) return showsBelief ? 6 : 4
  return mode === 'stream' ? 4 : 0
}

/** What decides how large the context is. */
type ContextSetting = Pick<EnvironmentSpec, 'mode' | 'response' | 'showsBelief'>

/** Robustness below which differences hardly show in the context. */
const OBSERVED_SCALE = 1e-3

/** Robustness is cut to plus and minus this; plus this stands for "no value yet". In assembly/watch.ts as well. */
export const ROBUSTNESS_MAX = 1e6

/**
 * What the context shows of a robustness r, 0 to 1, a half for r = 0:
 *
 *   1/2 + sign(r) min(1, ln(1 + |r| / scale) / ln(1 + 1 / scale)) / 2
 *
 * The logarithm keeps apart a few thousandths of a rate as well as tenths; what is beyond +-1 looks like +-1. The environment
 * computes the same in absorbRobustness (assembly/lanes.ts); a test holds both together.
 */
export function observedRobustness(robustness: number): number {
  const size = Math.log1p(Math.abs(robustness) / OBSERVED_SCALE) / Math.log1p(1 / OBSERVED_SCALE)
  return 0.5 + (Math.sign(robustness) * Math.min(1, size)) / 2
}

/**
 * K: context inputs beside a row. First `headCount`; then, where they are observed, one value per specification:
 * observedRobustness after the step before, 1 where an episode begins.
 */
export function contextSize(
  environment: ContextSetting & Pick<EnvironmentSpec, 'specifications' | 'observeConstraints'>,
): number {
  return headCount(environment) + (environment.observeConstraints ? environment.specifications.length : 0)
}
