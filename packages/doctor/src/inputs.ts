import type { Config } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { actionRewards } from '@vigil/env-wasm'
import { constantRewards } from './constant-rewards.ts'
import type { Finding } from './finding.ts'
import { attainedReward, type ProbeResult } from './probes/attained-reward.ts'
import { binInputs } from './probes/binned-inputs.ts'
import { linearProbe } from './probes/linear-probe.ts'
import { type InputSignal, inputSignal } from './probes/mutual-information.ts'
import { type ProbeRows, sampleRows } from './probes/sample.ts'
import { seenRows } from './probes/seen-rows.ts'
import { type ProbeScores, treeProbe } from './probes/tree-probe.ts'
import { labelsOf, threatRateOf, threatsOf } from './threat-rate.ts'
import { count, figure, list, percent, signed } from './words.ts'

/**
 * Of what can be gained over a constant action a simple probe must get this much, or the inputs tell next to nothing. Own
 * choice between measured figures: 0.19 (darpa-tc, seed7), 0.11 (synthetic, seed7), 0.89 (synthetic, behaviour).
 */
const ATTAINED_MIN = 0.2

/** A probe that gets this much, of its 6 thresholds or one weighted sum, reads the label. Own choice; darpa-tc: full 0.9994, behaviour 0.940. */
const ATTAINED_LEAK = 0.995

/** An input that holds this much of the label's entropy is nearly the label. Own choice; darpa-tc: full 0.90, behaviour 0.41; synthetic 0.68. */
const ENTROPY_LEAK = 0.85

/** An input that holds this much of the label's entropy is a signal, whatever a probe makes of it. Own choice; seed7 has 0.23 (darpa-tc) and 0.08 (synthetic; 0.20 of 12,000 rows, which a counter dates). */
const ENTROPY_SIGNAL = 0.3

/** Fewer validation rows of a label leave a probe perfect by chance. Own choice. */
const LEAK_ROWS_MIN = 50

/** Duplicates matter where the other rows fare worse than all do, by this share of what can be gained. Own choice. */
const UNSEEN_LOSS_MAX = 0.05

/** What the inputs say about the label. Computed once, for several findings. */
export type InputSurvey = {
  /** Inputs, those that say most first. */
  readonly signals: readonly InputSignal[]
  readonly linear: ProbeResult
  readonly tree: ProbeResult
  /** Training rows that were looked at, and validation rows. */
  readonly trainRows: number
  readonly validationRows: number
  /** Validation rows of the rarer label. */
  readonly rarerRows: number
  /** What earns most of the validation rows without a look at the inputs. */
  readonly bestConstant: 'allow' | 'block' | 'alert'
  /** Share of the validation rows whose inputs some training row has as well. */
  readonly seenShare: number
  /** The better probe on the other rows; null where there is none. */
  readonly unseen: ProbeResult | null
}

/** Measures inputs: mutual information of each with the label, two probes, and rows that training has seen. */
export function surveyInputs({ rewards, seed }: Config, dataset: Dataset): InputSurvey {
  const rows = sampleRows(dataset, seed)
  const labels = { train: labelsOf(dataset, rows.train), validation: labelsOf(dataset, rows.validation) }
  const inputs = binInputs(dataset, rows)
  const scores = {
    linear: linearProbe(dataset, rows, seed),
    tree: treeProbe(inputs, labels.train, classWeights(rewards)),
  }
  const linear = attainedReward(scores.linear, labels, rewards)
  const tree = attainedReward(scores.tree, labels, rewards)
  const seen = seenRows(dataset, rows.validation)
  const better = linear.rewardMean > tree.rewardMean ? scores.linear : scores.tree
  const threats = threatsOf(labels.validation)
  return {
    signals: inputs.map((input) => inputSignal(input, labels.train)).sort((a, b) => b.bits - a.bits),
    linear,
    tree,
    trainRows: rows.train.length,
    validationRows: rows.validation.length,
    rarerRows: Math.min(threats, labels.validation.length - threats),
    bestConstant: constantRewards(threatRateOf(labels.validation), rewards).bestName,
    seenShare: seen.reduce((sum, value) => sum + value, 0) / Math.max(1, seen.length),
    unseen: onUnseen(better, { rows, labels, seen }, rewards),
  }
}

function onUnseen(
  scores: ProbeScores,
  {
    rows,
    labels,
    seen,
  }: {
    readonly rows: ProbeRows
    readonly labels: { readonly train: Uint8Array; readonly validation: Uint8Array }
    readonly seen: Uint8Array
  },
  rewards: Config['rewards'],
): ProbeResult | null {
  const places = Uint32Array.from(rows.validation.keys()).filter((i) => seen[i] === 0)
  const part = {
    scores: { train: scores.train, validation: Float64Array.from(places, (i) => scores.validation[i]) },
    labels: { train: labels.train, validation: Uint8Array.from(places, (i) => labels.validation[i]) },
  }
  return attainedReward(part.scores, part.labels, rewards)
}

/** What deciding a row wrongly costs; 1 where a table rewards it. */
function classWeights(table: Config['rewards']) {
  const [[allowed, stopped], [missed, caught]] = actionRewards(table)
  return { threat: caught > missed ? caught - missed : 1, benign: allowed > stopped ? allowed - stopped : 1 }
}

/** The inputs tell nothing that pays. */
export function inputsWithoutSignal({ features }: Config, survey: InputSurvey): Finding | null {
  const { linear, tree } = survey
  const best = bestAttained(survey)
  // Where perfect decisions earn no more than a constant action, as on rows without threats, probes say nothing of inputs.
  if (best === null || best >= ATTAINED_MIN || survey.signals[0]?.shareOfLabel > ENTROPY_SIGNAL) return null
  const pays = {
    allow: 'threatening enough for an alert or a restrictive',
    alert: 'harmless enough for allow, or threatening enough for a restrictive',
    block: 'harmless enough for a permissive',
  }[survey.bestConstant]
  return {
    code: 'INPUTS_WITHOUT_SIGNAL',
    severity: 'problem',
    title: `The inputs "${features}" carry next to no signal under this reward`,
    evidence: `of what perfect decisions earn above the best constant action a tree of depth 6 gets ${percent(Math.max(0, tree.attained ?? 0))} (F1 ${figure(tree.f1)}, ${signed(tree.rewardMean)} per event) and a weighted sum ${percent(Math.max(0, linear.attained ?? 0))} (F1 ${figure(linear.f1)}), below ${percent(ATTAINED_MIN)}; ${sampleWords(survey)}. Share of the label's entropy: ${strongest(survey)}.`,
    cause: `Hardly any group of events that the inputs can tell apart is ${pays} action to pay, so to ${survey.bestConstant} everything is the optimum, and a learner that finds it is right.`,
    remedy: `${features === 'behaviour' ? 'Give other data: these inputs are all of their behaviour.' : 'Give other inputs: --features=behaviour.'} No setting of the learner helps.`,
  }
}

/** Inputs that are the same in every training row. */
export function inputsConstant({ features }: Config, { signals }: InputSurvey): Finding | null {
  const constant = signals.filter(({ isConstant }) => isConstant).map(({ name }) => name)
  if (constant.length === 0) return null
  return {
    code: 'INPUTS_CONSTANT',
    severity: 'note',
    title: `${constant.length} of ${signals.length} inputs are constant`,
    evidence: `the same in every training row looked at: ${constant.join(', ')}.`,
    cause: 'The recording does not fill these fields.',
    remedy: `They do no harm and no good. Give ${features === 'behaviour' ? '' : '--features=behaviour, which has fewer of them, or '}data that have them.`,
  }
}

/** The inputs hold the label. */
export function labelLeakage({ features }: Config, survey: InputSurvey): Finding | null {
  const best = bestAttained(survey)
  const isRead = best !== null && best >= ATTAINED_LEAK && survey.rarerRows >= LEAK_ROWS_MIN
  const leaking = survey.signals.filter(({ shareOfLabel }) => shareOfLabel >= ENTROPY_LEAK)
  if (!isRead && leaking.length === 0) return null
  return {
    code: 'LABEL_LEAKAGE',
    severity: 'problem',
    title: `The label can be read from the inputs "${features}"`,
    evidence: `${best === null ? '' : `a ${survey.tree.rewardMean >= survey.linear.rewardMean ? 'tree of depth 6' : 'weighted sum'} gets ${percent(Math.max(0, best))} of what can be earned (leak from ${percent(ATTAINED_LEAK)}); `}share of the label's entropy: ${strongest(survey)} (leak from ${ENTROPY_LEAK}); ${sampleWords(survey)}.`,
    cause:
      'The label is a rule over fields of the event, and those fields are among the inputs. What is learnt is the rule, not what threats are.',
    remedy:
      features === 'behaviour'
        ? 'Leave those fields out of the data, or take the run for a check that learning works.'
        : 'Give --features=behaviour, which leaves those fields out, or take the run for a check that learning works.',
  }
}

/** Much of what is validated stands word for word in training, and is decided better for it. */
export function splitDuplicates({ split }: Config, survey: InputSurvey): Finding | null {
  const all = bestAttained(survey)
  const { unseen, seenShare } = survey
  // Where hardly anything is attained, there is nothing for copies to embellish.
  if (all === null || all < ATTAINED_MIN || unseen === null || unseen.attained === null) return null
  if (all - unseen.attained <= UNSEEN_LOSS_MAX) return null
  return {
    code: 'SPLIT_DUPLICATES',
    severity: 'note',
    title: `${percent(seenShare)} of the validation rows have the inputs of a training row`,
    evidence: `the better probe gets ${percent(all)} of what can be earned on all rows and ${percent(unseen.attained)} on those that training has not seen (split ${split}); ${sampleWords(survey)}.`,
    cause:
      'The same thing was recorded many times, and copies lie on both sides of the split. What is measured is partly memory.',
    remedy: 'Compare with --split=by-stream or --split=temporal.',
  }
}

/** What the better probe gets; null where nothing can be gained. */
function bestAttained({ linear, tree }: InputSurvey): number | null {
  return linear.attained === null || tree.attained === null ? null : Math.max(linear.attained, tree.attained)
}

function strongest({ signals }: InputSurvey): string {
  return list(signals.slice(0, 4).map(({ name, shareOfLabel }) => `${name} ${percent(shareOfLabel)}`))
}

function sampleWords({ trainRows, validationRows }: InputSurvey): string {
  return `${count(trainRows)} training and ${count(validationRows)} validation rows`
}
