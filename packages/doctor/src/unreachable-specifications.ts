import { type Config, environmentOf } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { decisionRobustness, satisfiedRateOf } from '@vigil/evaluation'
import { randomStream, randomUnit } from '@vigil/random'
import type { Finding } from './finding.ts'
import { labelsOf, threatRateOf, threatsOf } from './threat-rate.ts'
import { count, percent } from './words.ts'

const [ALLOW, BLOCK] = [0, 1]

/**
 * F1 of the teams by which a specification is tried. 0.99 is more than any team reached on inputs that do not hold the label
 * (0.978): what it fails, nothing that can be trained will keep.
 */
const [PERFECT, BEST_KNOWN, GOOD] = [1, 0.99, 0.97]

/** Events walked: the first ones of the validation split in its order, several times with other errors where it is small. */
const EVENTS_MAX = 60_000
const WALKS_MAX = 8

/** More than this, where the share is just at its target, is no failure. */
const SLACK = 0.01

/**
 * Specifications that even a team better than any known fails too often: found by letting teams decide that err at random.
 * The team of F1 x misses a share 1 - x of the threats and stops as many benign events, which makes precision and recall x.
 * Events come in the order of the validation split, as they are evaluated, and for independent rows also as training draws
 * them. The worse of both counts. Where actions have consequences, which events are met depends on the team: nothing is found.
 */
export function specificationUnreachable(config: Config, dataset: Dataset): Finding | null {
  if (config.specifications.length === 0 || config.environment === 'respond') return null
  const walks = [evaluatedEvents(dataset), ...(config.episodes === 'iid' ? [drawnEvents(config, dataset)] : [])]
  const known = walks.map((walk) => satisfiedRates(config, walk, BEST_KNOWN))
  const found = config.specifications.flatMap(({ name, target, formula }, s) => {
    const worse = known.reduce((worst, rates, i) => (rates[s] < known[worst][s] ? i : worst), 0)
    if (known[worse][s] >= target - SLACK) return []
    const [perfect, good] = [PERFECT, GOOD].map((f1) => percent(satisfiedRates(config, walks[worse], f1)[s]))
    const held = `${perfect} with perfect decisions, ${percent(known[worse][s])} with F1 ${BEST_KNOWN}, ${good} with F1 ${GOOD}`
    return [
      `"${name}" (${formula}) is to hold at ${percent(target)} of the steps; over ${walks[worse].words} it does at ${held}`,
    ]
  })
  if (found.length === 0) return null
  return {
    code: 'SPECIFICATION_UNREACHABLE',
    severity: config.stlMode === 'off' ? 'note' : 'problem',
    title: 'A specification cannot be kept at this threat rate',
    evidence: `${found.join('; ')} (simulated).`,
    cause:
      'A window holds few threats, so that a single error breaks the bound: of ten threats one that is missed leaves a detection rate of 0.9.',
    remedy: 'Loosen the bound or lengthen the window, as --specifications=default does, or lower the target.',
  }
}

/** Events in a row, as they are met. */
type Walk = {
  readonly words: string
  /** [n] 1 = threat */
  readonly labels: Uint8Array
  /** how often they are walked */
  readonly times: number
}

/** The validation split in its order. */
function evaluatedEvents(dataset: Dataset): Walk {
  const own = labelsOf(dataset, dataset.splits.validation.rows.subarray(0, EVENTS_MAX))
  const words = `${count(own.length)} validation events in their order (${percent(threatRateOf(own))} threats)`
  return { words, labels: own, times: Math.min(WALKS_MAX, Math.ceil(EVENTS_MAX / own.length)) }
}

/** Independent rows, threats as often as training draws them. */
function drawnEvents({ sampling, seed }: Config, dataset: Dataset): Walk {
  const natural = threatRateOf(labelsOf(dataset, dataset.splits.train.rows))
  const rate = sampling === 'balanced' ? 0.5 : natural
  const stream = randomStream(seed, 'diagnosis')
  const drawn = Uint8Array.from({ length: EVENTS_MAX }, (_, i) => (randomUnit(stream, i, EVENTS_LANE) < rate ? 1 : 0))
  return { words: `events as training draws them (${percent(rate)} threats)`, labels: drawn, times: 1 }
}

/** Share of the steps at which each specification holds, mean over the walks. Errors are drawn by Philox at the step's place. */
function satisfiedRates(config: Config, { labels, times }: Walk, f1: number): number[] {
  const sums = config.specifications.map(() => 0)
  for (let time = 0; time < times; time++) {
    const decisions = {
      labels,
      actions: erringActions(labels, { missRate: 1 - f1, seed: config.seed, lane: ERRORS_LANE + time }),
      decided: new Uint8Array(labels.length).fill(1),
      margin: new Int32Array(labels.length).fill(config.agents),
    }
    for (const [s, values] of decisionRobustness(
      { agents: config.agents, environment: environmentOf(config) },
      decisions,
    ).entries())
      sums[s] += satisfiedRateOf(values) / times
  }
  return sums
}

/** Actions of a team that misses a share of the threats and stops as many benign events. */
function erringActions(
  labels: Uint8Array,
  { missRate, seed, lane }: { readonly missRate: number; readonly seed: number; readonly lane: number },
): Uint8Array {
  const threats = threatsOf(labels)
  const alarmRate = (missRate * threats) / Math.max(1, labels.length - threats)
  const stream = randomStream(seed, 'diagnosis')
  return labels.map((label, i) => {
    const isWrong = randomUnit(stream, i, lane) < (label === 1 ? missRate : alarmRate)
    return (label === 1) === isWrong ? ALLOW : BLOCK
  })
}

/** Lanes of the stream `diagnosis`, one for each walk: the probes have the lower ones. */
const ERRORS_LANE = 10_000
const EVENTS_LANE = 20_000
