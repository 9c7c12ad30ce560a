/** Small, consistent run files for the tests of run-files, report and terminal. Not part of the product. */
import { DEFAULT_REWARDS, meanReward } from '@vigil/env-wasm'
import { type ConfusionCounts, deriveRates } from './classification.ts'
import type { Evaluation, SpecificationScores, ThresholdScores } from './evaluation.ts'
import type { IterationMetrics } from './metrics.ts'
import type { OperatingPoint, ScoreCurve } from './operating-point.ts'
import type { PolicyScores } from './policy-scores.ts'
import type { UnderAttack } from './under-attack.ts'

/** Scores that follow from counts, under the default reward table; nothing was an alert or undecided but what is given. */
export function sampleScores(
  given: Pick<ConfusionCounts, 'tp' | 'fn' | 'fp' | 'tn'> & Partial<ConfusionCounts>,
): PolicyScores {
  const counts = { threatAlerts: 0, benignAlerts: 0, undecided: 0, ...given }
  return { ...counts, ...deriveRates(counts), prAuc: 0.9, rewardMean: meanReward(counts, DEFAULT_REWARDS) }
}

/** Metrics of one iteration; `changes` replaces fields. */
export function sampleMetrics(iteration: number, changes: Partial<IterationMetrics> = {}): IterationMetrics {
  return {
    iteration,
    policyVersion: iteration - 1,
    staleness: 0,
    envSteps: iteration * 1000,
    agentSteps: iteration * 4000,
    stepsPerSecond: 6543.2,
    collectMs: 50,
    updateMs: 100,
    rewardMean: 1 - 2 / iteration,
    policyLoss: -0.01,
    valueLoss: 1 / iteration,
    explainedVariance: 1 - 1 / iteration,
    explainableVarianceCeiling: 0.98,
    criticLoss: 1 / iteration,
    returnVariance: 20,
    valueSpread: 0.9,
    timeToGoShare: 0,
    entropy: 1.386 / iteration,
    approxKl: 0.004,
    clipFraction: 0.08,
    firstApproxKl: 0,
    firstClipFraction: 0,
    gradNormPolicy: 0.4,
    clipScalePolicy: 0.95,
    gradNormValue: 0.9,
    learningRate: 0.002,
    actions: { allow: 3000, block: 500, quarantine: 300, alert: 200 },
    paidForOthers: 0,
    threatRate: 0.1,
    costValueLoss: null,
    stl: [],
    validation: {
      tp: 90,
      tn: 880,
      fp: 20,
      fn: 10,
      threatAlerts: 4,
      benignAlerts: 6,
      undecided: 3,
      precision: 90 / 110,
      recall: 0.9,
      f1: 180 / 210,
      alertRate: 0.01,
      undecidedRate: 0.003,
      rewardMean: 1.4,
      satisfied: [],
    },
    ...changes,
  }
}

/** Of the sample's 22 alerts 15 are fallbacks. */
const TEAM = { tp: 93, fn: 7, fp: 5, tn: 895, threatAlerts: 3, benignAlerts: 19, undecided: 15 }

/** An evaluation of 1,000 rows with 100 threats; `changes` replaces fields. */
export function sampleEvaluation(changes: Partial<Evaluation> = {}): Evaluation {
  return {
    dataset: 'synthetic',
    split: 'test',
    ...{ rows: 1000, threats: 100, cutOff: null, gain: null, response: null },
    rewards: DEFAULT_REWARDS,
    rule: 'majority',
    faults: 1,
    team: sampleScores(TEAM),
    agents: [
      sampleScores({ tp: 92, fn: 8, fp: 6, tn: 894 }),
      sampleScores({ tp: 93, fn: 7, fp: 8, tn: 892 }),
      sampleScores({ tp: 91, fn: 9, fp: 5, tn: 895 }),
      sampleScores({ tp: 92, fn: 8, fp: 5, tn: 895 }),
    ],
    actions: { allow: 880, block: 60, quarantine: 38, alert: 22 },
    perClass: [
      { name: 'benign', rows: 900, recall: 895 / 900, trainRows: 4200, validationRows: 900 },
      { name: 'execution', rows: 80, recall: 79 / 80, trainRows: 380, validationRows: 80 },
      { name: 'exfiltration', rows: 20, recall: 0.7, trainRows: 0, validationRows: 12 },
    ],
    byzantine: [
      underAttack('none', 0, TEAM),
      underAttack('crash', 1, { tp: 90, fn: 10, fp: 5, tn: 895, threatAlerts: 5, benignAlerts: 45, undecided: 40 }),
      underAttack('crash', 2, { tp: 60, fn: 40, fp: 5, tn: 895 }),
      underAttack('targeted-any', 1, {
        tp: 85,
        fn: 15,
        fp: 5,
        tn: 895,
        threatAlerts: 10,
        benignAlerts: 20,
        undecided: 10,
      }),
      underAttack('targeted-any', 2, { tp: 10, fn: 90, fp: 12, tn: 888 }),
    ],
    diversity: {
      disagreement: 0.012,
      errorCorrelation: 0.61,
      bestAgentF1: sampleScores({ tp: 92, fn: 8, fp: 5, tn: 895 }).f1,
      meanAgentF1:
        [
          { tp: 92, fn: 8, fp: 6, tn: 894 },
          { tp: 93, fn: 7, fp: 8, tn: 892 },
          { tp: 91, fn: 9, fp: 5, tn: 895 },
          { tp: 92, fn: 8, fp: 5, tn: 895 },
        ].reduce((sum, counts) => sum + sampleScores(counts).f1, 0) / 4,
      pairs: [0, 1, 2, 3].flatMap((first) =>
        [0, 1, 2, 3].slice(first + 1).map((second) => ({
          agents: [first, second] as [number, number],
          disagreement: 0.012,
          errorCorrelation: 0.61,
        })),
      ),
    },
    stl: [],
    baselines: [
      { name: 'always-allow', ...sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900 }) },
      { name: 'always-block', ...sampleScores({ tp: 100, fn: 0, fp: 900, tn: 0 }) },
      { name: 'supervised', ...sampleScores({ tp: 92, fn: 8, fp: 7, tn: 893 }) },
    ],
    thresholds: [],
    ...{ curves: [sampleCurve()], operatingPoints: [samplePoint()] },
    bayes: sampleScores({ tp: 95, fn: 5, fp: 3, tn: 897, threatAlerts: 4, benignAlerts: 9 }),
    verdict: 'The team beats every baseline.',
    notes: [],
    ...changes,
  }
}

/** A curve over 100 threats and 900 benign events; `changes` replaces fields. */
export function sampleCurve(changes: Partial<ScoreCurve> = {}): ScoreCurve {
  return {
    name: 'team',
    rocAuc: 0.97,
    prAuc: 0.9,
    points: [
      { threshold: 0.9, falsePositiveRate: 0, recall: 0.6, precision: 1 },
      { threshold: 0.5, falsePositiveRate: 0.02, recall: 0.9, precision: 90 / 108 },
      { threshold: 0.1, falsePositiveRate: 1, recall: 1, precision: 0.1 },
    ],
    ...changes,
  }
}

/** A budget of 1 % that becomes 2 %; `changes` replaces fields. */
export function samplePoint(changes: Partial<OperatingPoint> = {}): OperatingPoint {
  return {
    name: 'team',
    budget: { measure: 'falsePositiveRate', max: 0.01 },
    threshold: 0.5,
    validation: flagged({ tp: 85, fn: 15, fp: 9, tn: 891 }),
    evaluated: flagged({ tp: 90, fn: 10, fp: 18, tn: 882 }),
    recallByClass: [0.98, 0.95, 0.7],
    ...changes,
  }
}

/** What is flagged, of data without times. */
function flagged(counts: Pick<ConfusionCounts, 'tp' | 'fn' | 'fp' | 'tn'>): OperatingPoint['validation'] {
  const { accuracy, precision, recall, f1, falsePositiveRate } = sampleScores(counts)
  return { ...counts, accuracy, precision, recall, f1, falsePositiveRate, alertsPerDay: null }
}

/** A specification that misses its target; `changes` replaces fields. */
export function sampleSpecification(changes: Partial<SpecificationScores> = {}): SpecificationScores {
  return {
    name: 'false alarms',
    formula: 'G (fp_rate[100] <= 0.02)',
    target: 0.95,
    satisfiedRate: 0.9,
    satisfiedInterval: [0.88, 0.92],
    robustnessMin: -0.03,
    robustnessMean: 0.012,
    robustnessTail5: -0.01,
    strip: { min: [0.02, -0.03, 0.01], mean: [0.02, 0.004, 0.012] },
    ...changes,
  }
}

/** What a threshold does for specifications satisfied at these shares. */
export function sampleThreshold(satisfied: number[]): ThresholdScores {
  const scores = sampleScores({ tp: 80, fn: 20, fp: 1, tn: 899 })
  return { name: 'team', threshold: 0.7, metOnValidation: true, satisfied, ...scores }
}

function underAttack(attack: string, f: number, counts: Parameters<typeof sampleScores>[0]): UnderAttack {
  const agents = attack === 'targeted-any' ? null : [0, 1].slice(0, f)
  return { attack, f, agents, rule: 'majority', team: sampleScores(counts), flippable: 0.04 }
}
