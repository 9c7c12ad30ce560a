/**
 * What each kind of decision pays, in reward units. A restrictive action (block, quarantine) says "threat", allow says
 * "benign", and alert lets the event pass but asks an analyst to look at it.
 */
export type RewardTable = {
  readonly truePositive: number
  readonly trueNegative: number
  readonly falsePositive: number
  readonly falseNegative: number
  /** Subtracted from the reward of every restrictive action. */
  readonly restrictiveCost: number
  /** Subtracted from the reward of every alert: the time of the analyst who looks at it. */
  readonly alertCost: number
  /** The part of a threat's damage that the analyst still prevents, 0 = none to 1 = as a restrictive action does. */
  readonly alertedThreat: number
}

/**
 * The default table: allow is the best action up to a threat probability of 0.2, alert from there to 8.5 / 19 = 0.447,
 * a restrictive action above. An alert must be a threat at least every fifth time, so a team that knows no more than that one
 * event in ten is a threat does not send all of them to people.
 */
export const DEFAULT_REWARDS: RewardTable = {
  truePositive: 10,
  trueNegative: 1,
  falsePositive: -8,
  falseNegative: -10,
  restrictiveCost: 1.5,
  alertCost: 2,
  alertedThreat: 0.5,
}

/** Name of a reward table that comes with Vigil. */
export type RewardPreset = 'default' | 'earlier'

/** The reward tables that come with Vigil: the default, and that of the attempts before it, which paid alert as allow. */
export const REWARD_PRESETS: Readonly<Record<RewardPreset, RewardTable>> = {
  default: DEFAULT_REWARDS,
  earlier: {
    truePositive: 5,
    trueNegative: 2,
    falsePositive: -3,
    falseNegative: -6,
    restrictiveCost: 0.05,
    alertCost: 0,
    alertedThreat: 0,
  },
}

/** Numbers of the actions; block and quarantine are paid alike. */
const ALLOW = 0
const BLOCK = 1
const ALERT = 3

/** The actions that are paid differently, the less they intrude the earlier. */
const CHOICES = [ALLOW, ALERT, BLOCK] as const

/** Number of an action that is the best one somewhere: allow 0, block 1, alert 3. Quarantine pays what block pays. */
export type BestAction = (typeof CHOICES)[number]

/** Their names, for people. */
export const BEST_ACTION_NAMES: Readonly<Record<BestAction, 'allow' | 'block' | 'alert'>> = {
  [ALLOW]: 'allow',
  [BLOCK]: 'block',
  [ALERT]: 'alert',
}

/**
 * What every action pays, all costs included, in reward units: [label][action], label 1 = threat, actions 0 allow, 1 block,
 * 2 quarantine, 3 alert. The environment pays these numbers, rounded to f32; every other sum of rewards starts here.
 */
export function actionRewards(table: RewardTable): readonly [readonly number[], readonly number[]] {
  const { truePositive, trueNegative, falsePositive, falseNegative, restrictiveCost, alertCost, alertedThreat } = table
  const caught = truePositive - restrictiveCost
  const disturbed = falsePositive - restrictiveCost
  const alerted = falseNegative + alertedThreat * (truePositive - falseNegative) - alertCost
  return [
    [trueNegative, disturbed, disturbed, trueNegative - alertCost],
    [falseNegative, caught, caught, alerted],
  ]
}

/**
 * How often each outcome occurs, as counts or as shares. A threat answered by a restrictive action is a true positive; alerts
 * are no restrictive actions, so those on threats are false negatives and those on benign events true negatives as well.
 */
export type Outcomes = {
  readonly tp: number
  readonly tn: number
  readonly fp: number
  readonly fn: number
  /** Alerts on threats, 0 to fn. */
  readonly threatAlerts: number
  /** Alerts on benign events, 0 to tn. */
  readonly benignAlerts: number
}

/**
 * Mean reward per event by the table alone, without team bonus, in reward units:
 *
 *   sum_o weight_o reward_o / sum_o weight_o
 *
 * @param weights counts, or shares, of the outcomes, each >= 0
 * @returns 0 when all weights are 0
 */
export function meanReward(weights: Outcomes, table: RewardTable): number {
  const { tp, tn, fp, fn, threatAlerts, benignAlerts } = weights
  const [benign, threat] = actionRewards(table)
  const total = tp + tn + fp + fn
  const onThreats = tp * threat[BLOCK] + (fn - threatAlerts) * threat[ALLOW] + threatAlerts * threat[ALERT]
  const onBenign = fp * benign[BLOCK] + (tn - benignAlerts) * benign[ALLOW] + benignAlerts * benign[ALERT]
  return total === 0 ? 0 : (onThreats + onBenign) / total
}

/**
 * What an action earns on average where a share of the events are threats: also the reward of a constant policy.
 *
 * @param action 0 to 3
 * @param probability of a threat, 0 to 1
 */
export function expectedActionReward(action: number, probability: number, table: RewardTable): number {
  const [benign, threat] = actionRewards(table)
  return probability * threat[action] + (1 - probability) * benign[action]
}

/**
 * The action that earns most on an event that is a threat with this probability. Of actions that earn the same it is the one
 * that intrudes least: allow before alert before block.
 *
 * @param probability 0 to 1
 */
export function bestAction(probability: number, table: RewardTable): BestAction {
  const [benign, threat] = actionRewards(table)
  let best: BestAction = ALLOW
  let most = Number.NEGATIVE_INFINITY
  for (const action of CHOICES) {
    const reward = probability * threat[action] + (1 - probability) * benign[action]
    if (reward > most) {
      best = action
      most = reward
    }
  }
  return best
}

/** The threat probabilities between which an action is the best one. */
export type ActionBand = { readonly action: BestAction; readonly from: number; readonly to: number }

/** Bands narrower than this are the rounding of f64 where three actions earn the same. */
const BAND_MIN = 1e-12

/**
 * Where each action is the best one. What an action earns is a straight line over the threat probability, so the best reward
 * is the upper edge of three lines: the action changes only where two of them cross, and every action has one band at most.
 *
 * @returns one to three bands that fill [0, 1], ascending; an action without a band is nowhere better than all others
 */
export function actionBands(table: RewardTable): readonly ActionBand[] {
  const crossings = [crossing(ALLOW, ALERT, table), crossing(ALLOW, BLOCK, table), crossing(ALERT, BLOCK, table)]
  const inside = crossings.filter((p) => p > BAND_MIN && p < 1 - BAND_MIN).sort((a, b) => a - b)
  const edges = [0, ...inside.filter((p, i) => i === 0 || p - inside[i - 1] > BAND_MIN), 1]
  const bands: ActionBand[] = []
  for (let i = 1; i < edges.length; i++) {
    const [from, to] = [edges[i - 1], edges[i]]
    const action = bestAction((from + to) / 2, table)
    const before = bands.at(-1)
    if (before?.action === action) bands[bands.length - 1] = { ...before, to }
    else bands.push({ action, from, to })
  }
  return bands
}

/** The threat probability at which two actions earn the same; NaN or beyond [0, 1] where there is none. */
function crossing(first: BestAction, second: BestAction, table: RewardTable): number {
  const [benign, threat] = actionRewards(table)
  const onBenign = benign[first] - benign[second]
  return onBenign / (onBenign + threat[second] - threat[first])
}

/** The best actions in words: "allow pays most below a threat probability of 0.2, alert up to 0.447, block above". */
export function bandsInWords(table: RewardTable): string {
  const bands = actionBands(table)
  const names = bands.map(({ action }) => BEST_ACTION_NAMES[action])
  if (bands.length === 1) return `${names[0]} pays most whatever the threat probability`
  const parts = bands.map(({ to }, i) => {
    if (i === 0) return `${names[0]} pays most below a threat probability of ${shortShare(to)}`
    return i === bands.length - 1 ? `${names[i]} above` : `${names[i]} up to ${shortShare(to)}`
  })
  return parts.join(', ')
}

/** A probability in three digits; never 0 or 1, which it is not. */
function shortShare(probability: number): string {
  return probability > 0.9995 ? String(probability) : String(Number(probability.toPrecision(3)))
}

/** The constant policy that earns most where a share of the events are threats. */
export function bestConstant(
  threatRate: number,
  table: RewardTable,
): { readonly action: BestAction; readonly reward: number } {
  const action = bestAction(threatRate, table)
  return { action, reward: expectedActionReward(action, threatRate, table) }
}

/**
 * On which share of both classes decisions must be right to earn more than the best constant action. Decisions that block
 * threats and allow benign events on a share x, and do the opposite on the rest, earn E(x) = x E[perfect] +
 * (1 - x) E[all wrong]; solved for E(x) = the best constant.
 *
 * @param threatRate share of threats among the events, 0 to 1
 * @returns in [0, 1); null when no share earns more
 */
export function rightShareNeeded(threatRate: number, table: RewardTable): number | null {
  const [benign, threat] = actionRewards(table)
  const perfect = threatRate * threat[BLOCK] + (1 - threatRate) * benign[ALLOW]
  const allWrong = threatRate * threat[ALLOW] + (1 - threatRate) * benign[BLOCK]
  const best = bestConstant(threatRate, table).reward
  // Equal but for the rounding of f64.
  const largest = Math.max(...benign.map(Math.abs), ...threat.map(Math.abs))
  if (perfect - best <= 1e-12 * largest) return null
  return (best - allWrong) / (perfect - allWrong)
}
