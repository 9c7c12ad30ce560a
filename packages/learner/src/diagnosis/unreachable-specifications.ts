import type { Dataset } from '@vigil/data'
import { randomPermutation, randomStream, randomUnit } from '@vigil/random'
import type { Config } from '../config/config.ts'
import { decisionRobustness, satisfiedRateOf } from '../evaluation/specification-scores.ts'
import type { Finding } from './finding.ts'
import { count, percent } from './words.ts'

const [ALLOW, BLOCK] = [0, 1]

/**
 * F1 of the teams by which a specification is tried. 0.99 is more than any team reached on inputs that do not hold the label
 * (0.978, SYSTEM.md): what it fails, nothing that can be trained will keep.
 */
const [PERFECT, BEST_KNOWN, GOOD] = [1, 0.99, 0.97]

/** Rows walked, the first ones of the validation split in its order; of a small split several times, with other errors. */
const ROWS_MAX = 60_000
const WALKS_MAX = 8

/** More than this, where the share is just at its target, is no failure. */
const SLACK = 0.01

/**
 * Specifications that even a team better than any known fails too often on the validation split's labels: found by letting
 * teams decide that err at random. The team of F1 x misses a share 1 - x of the threats and stops as many benign events,
 * which makes precision and recall x. Labels come in the order of the split, as they are evaluated; for independent rows
 * shuffled, as training draws them. The worse of both counts.
 */
export function specificationUnreachable(config: Config, dataset: Dataset): Finding | null {
  if (config.specifications.length === 0) return null
  const rows = dataset.splits.validation.rows.subarray(0, ROWS_MAX)
  const labels = Uint8Array.from(rows, (row) => dataset.labels[row])
  const orders: Order[] = [{ words: 'in the order of the split', isShuffled: false }]
  if (config.episodes === 'iid') orders.push({ words: 'in random order, as training draws them', isShuffled: true })
  const tried = orders.map(({ words, isShuffled }) => ({
    words,
    rates: [PERFECT, BEST_KNOWN, GOOD].map((f1) => satisfiedRates(config, labels, { f1, isShuffled })),
  }))
  const found = config.specifications.flatMap(({ name, target, formula }, s) => {
    const { words, rates } = tried.reduce((worse, other) => (other.rates[1][s] < worse.rates[1][s] ? other : worse))
    const [perfect, known, good] = rates.map((of) => percent(of[s]))
    if (rates[1][s] >= target - SLACK) return []
    return [
      `"${name}" (${formula}) is to hold at ${percent(target)} of the steps; ${words} it does at ${perfect} with perfect decisions, ${known} with F1 ${BEST_KNOWN}, ${good} with F1 ${GOOD}`,
    ]
  })
  if (found.length === 0) return null
  const threatRate = labels.reduce((sum, label) => sum + label, 0) / labels.length
  return {
    code: 'SPECIFICATION_UNREACHABLE',
    severity: config.stlMode === 'off' ? 'note' : 'problem',
    title: 'A specification cannot be kept at this threat rate',
    evidence: `${found.join('; ')}. Simulated over ${count(labels.length)} rows of the validation split, ${percent(threatRate)} threats.`,
    cause:
      'A window holds few threats, so that a single error breaks the bound: of ten threats one that is missed leaves a detection rate of 0.9.',
    remedy: 'Loosen the bound or lengthen the window, as --specifications=default does, or lower the target.',
  }
}

type Order = { readonly words: string; readonly isShuffled: boolean }

/** Share of the steps at which each specification holds, mean over the walks. Errors are drawn by Philox at the step's place. */
function satisfiedRates(
  config: Config,
  labels: Uint8Array,
  { f1, isShuffled }: { readonly f1: number; readonly isShuffled: boolean },
): number[] {
  const walks = Math.min(WALKS_MAX, Math.ceil(ROWS_MAX / labels.length))
  const sums = config.specifications.map(() => 0)
  for (let walk = 0; walk < walks; walk++) {
    const order = isShuffled
      ? randomPermutation(randomStream(config.seed, 'diagnosis'), labels.length, ORDER_LANE + walk)
      : null
    const walked = order === null ? labels : Uint8Array.from(order, (i) => labels[i])
    const actions = erringActions(walked, { missRate: 1 - f1, seed: config.seed, lane: ERRORS_LANE + walk })
    const decisions = {
      labels: walked,
      actions,
      decided: new Uint8Array(labels.length).fill(1),
      margin: new Int32Array(labels.length).fill(config.agents),
    }
    for (const [s, values] of decisionRobustness(config, decisions).entries())
      sums[s] += satisfiedRateOf(values) / walks
  }
  return sums
}

/** Actions of a team that misses a share of the threats and stops as many benign events. */
function erringActions(
  labels: Uint8Array,
  { missRate, seed, lane }: { readonly missRate: number; readonly seed: number; readonly lane: number },
): Uint8Array {
  const threats = labels.reduce((sum, label) => sum + label, 0)
  const alarmRate = (missRate * threats) / Math.max(1, labels.length - threats)
  const stream = randomStream(seed, 'diagnosis')
  return labels.map((label, i) => {
    const isWrong = randomUnit(stream, i, lane) < (label === 1 ? missRate : alarmRate)
    return (label === 1) === isWrong ? ALLOW : BLOCK
  })
}

/** Lanes of the stream \`diagnosis\`, one for each walk: the probes have the lower ones. */
const ERRORS_LANE = 10_000
const ORDER_LANE = 20_000
