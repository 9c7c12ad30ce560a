import type { VigilError } from '@vigil/errors'
import { runFileError } from './errors.ts'
import type { ActionCounts } from './schema-parts.ts'

/** Number of the action alert. */
const ALERT = 3

/** Decisions against labels; positive = threat. tp + fn = threats, fp + tn = benign events. */
export type ConfusionCounts = {
  readonly tp: number
  readonly fn: number
  readonly fp: number
  readonly tn: number
  /** Alerts on threats, which are false negatives all the same. */
  readonly threatAlerts: number
  /** Alerts on benign events, which are true negatives all the same. */
  readonly benignAlerts: number
  /** Events on which no action won the vote, so that the fallback action was taken; counted by that action above. */
  readonly undecided: number
}

/** Shares, each in [0, 1]. A share of nothing (0 / 0) is 0, as scikit-learn's `zero_division=0`. */
export type ConfusionRates = {
  readonly accuracy: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly falsePositiveRate: number
  /** Share of the events that somebody is asked to look at, fallbacks to alert included. */
  readonly alertRate: number
  /** Share of the events without a decision, on which the fallback action was taken. */
  readonly undecidedRate: number
}

/** How one class of events was decided. */
export type ClassRecall = {
  readonly name: string
  readonly rows: number
  /** Share decided rightly: restrictive for threats, permissive for benign events; 0 when there are no rows. */
  readonly recall: number
}

/**
 * Counts decisions against labels. Restrictive actions (1 block, 2 quarantine) say threat, the others (0 allow, 3 alert)
 * say benign; a yes/no decision is the case that uses only 0 and 1.
 *
 * @param actions [N] 0 to 3
 * @param labels  [N] 1 = threat, 0 = benign
 * @param decided [N] 1 = the action won a vote, 0 = it is the fallback action; null = nothing was voted on
 * @throws {VigilError} CLASSIFICATION_INVALID when lengths differ or a value is out of range
 */
export function countConfusion(
  actions: Uint8Array,
  labels: Uint8Array,
  decided: Uint8Array | null = null,
): ConfusionCounts {
  assertSameLength('labels', labels.length, 'actions', actions.length)
  if (decided !== null) assertSameLength('decided', decided.length, 'actions', actions.length)
  // Indexed by 2 * label + restrictive: tn, fp, fn, tp.
  const cells = [0, 0, 0, 0]
  const alerts = [0, 0]
  let undecided = 0
  for (let i = 0; i < actions.length; i++) {
    const label = labelAt(labels, i)
    cells[2 * label + isRestrictive(actions, i)]++
    if (actions[i] === ALERT) alerts[label]++
    if (decided !== null && decided[i] === 0) undecided++
  }
  const [tn, fp, fn, tp] = cells
  const [benignAlerts, threatAlerts] = alerts
  return { tp, fn, fp, tn, threatAlerts, benignAlerts, undecided }
}

/** Shares derived from counts; precision = tp / (tp + fp), recall = tp / (tp + fn), f1 = 2 tp / (2 tp + fp + fn). */
export function deriveRates(counts: ConfusionCounts): ConfusionRates {
  const { tp, fn, fp, tn, threatAlerts, benignAlerts, undecided } = counts
  const rows = tp + fn + fp + tn
  return {
    accuracy: ratio(tp + tn, rows),
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    falsePositiveRate: ratio(fp, fp + tn),
    alertRate: ratio(threatAlerts + benignAlerts, rows),
    undecidedRate: ratio(undecided, rows),
  }
}

/**
 * Area under the precision-recall curve as average precision (Davis and Goadrich, ICML 2006, on why not trapezoids; the
 * step-wise sum of scikit-learn's `average_precision_score`):
 *
 *   AP = sum_k (recall_k - recall_{k-1}) precision_k
 *      = (1 / threats) sum_k (hits_k - hits_{k-1}) precision_k
 *
 * over the distinct scores s_k from high to low, "threat" meaning score >= s_k. Equal scores share one threshold, so the
 * order of tied rows does not matter. The second form is computed: no term exceeds its whole number of hits, so rounding
 * cannot carry the sum above the threats, and a perfect ranking is exactly 1. 0 when there are no threats.
 *
 * @param scores [N] finite, higher = more likely a threat
 * @param labels [N] 1 = threat, 0 = benign
 * @throws {VigilError} CLASSIFICATION_INVALID when lengths differ, a score is not finite or a label is out of range
 */
export function prAuc(scores: Float32Array | Float64Array, labels: Uint8Array): number {
  assertSameLength('labels', labels.length, 'scores', scores.length)
  let threatCount = 0
  for (let i = 0; i < scores.length; i++) {
    threatCount += labelAt(labels, i)
    if (!Number.isFinite(scores[i])) throw outOfRange('scores', i, 'a finite number', scores[i])
  }
  if (threatCount === 0) return 0

  // Recall moves only at the scores of threats, so it is enough to walk those and to count all rows at or above each.
  const all = Float64Array.from(scores).sort()
  const threats = new Float64Array(threatCount)
  for (let i = 0, next = 0; i < scores.length; i++) if (labels[i] === 1) threats[next++] = scores[i]
  threats.sort()

  let weightedHits = 0
  let allBelow = all.length
  let threat = threatCount
  while (threat > 0) {
    const threshold = threats[threat - 1]
    const before = threat
    while (threat > 0 && threats[threat - 1] >= threshold) threat--
    while (allBelow > 0 && all[allBelow - 1] >= threshold) allBelow--
    const precision = (threatCount - threat) / (all.length - allBelow)
    weightedHits += (before - threat) * precision
  }
  return weightedHits / threatCount
}

/**
 * Counts how often each action was chosen.
 *
 * @param actions any number of actions, 0 to 3
 * @throws {VigilError} CLASSIFICATION_INVALID when a value is out of range
 */
export function countActions(actions: Uint8Array): ActionCounts {
  const counts = new Uint32Array(256)
  for (let i = 0; i < actions.length; i++) counts[actions[i]]++
  const [allow, block, quarantine, alert] = counts
  if (allow + block + quarantine + alert !== actions.length) {
    const index = actions.findIndex((action) => action > 3)
    throw outOfRange('actions', index, '0 to 3', actions[index])
  }
  return { allow, block, quarantine, alert }
}

/**
 * Share decided rightly, class by class.
 *
 * @param decided    actions [N] 0 to 3, labels [N] 0 or 1, classes [N] index into classNames
 * @param classNames names in the order of the result; classes without rows are kept with rows 0
 * @throws {VigilError} CLASSIFICATION_INVALID when lengths differ or a value is out of range
 */
export function recallByClass(
  decided: { readonly actions: Uint8Array; readonly labels: Uint8Array; readonly classes: Uint8Array },
  classNames: readonly string[],
): readonly ClassRecall[] {
  const { actions, labels, classes } = decided
  assertSameLength('labels', labels.length, 'actions', actions.length)
  assertSameLength('classes', classes.length, 'actions', actions.length)
  const rows = new Uint32Array(classNames.length)
  const right = new Uint32Array(classNames.length)
  for (let i = 0; i < actions.length; i++) {
    if (classes[i] >= classNames.length) throw outOfRange('classes', i, `below ${classNames.length}`, classes[i])
    rows[classes[i]]++
    if (isRestrictive(actions, i) === labelAt(labels, i)) right[classes[i]]++
  }
  return classNames.map((name, index) => ({ name, rows: rows[index], recall: ratio(right[index], rows[index]) }))
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function isRestrictive(actions: Uint8Array, index: number): 0 | 1 {
  const action = actions[index]
  if (action > 3) throw outOfRange('actions', index, '0 to 3', action)
  return action === 1 || action === 2 ? 1 : 0
}

function labelAt(labels: Uint8Array, index: number): number {
  if (labels[index] > 1) throw outOfRange('labels', index, '0 or 1', labels[index])
  return labels[index]
}

function assertSameLength(name: string, length: number, reference: string, expected: number): void {
  if (length === expected) return
  throw runFileError(
    'CLASSIFICATION_INVALID',
    `${name} must hold one value per row of ${reference} (${expected}), received ${length}. Pass arrays of the same rows.`,
  )
}

function outOfRange(name: string, index: number, requirement: string, received: number): VigilError {
  return runFileError(
    'CLASSIFICATION_INVALID',
    `${name}[${index}] must be ${requirement}, received ${received}. Pass the arrays as the evaluation made them.`,
  )
}
