/** A small, consistent evaluation of decisions with consequences, for the tests of runs, report, doctor and terminal. */
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import type { Evaluation } from './evaluation.ts'
import type { ResponseScores, Timeline } from './response.ts'
import { sampleEvaluation, sampleScores } from './sample-run.fixture.ts'

/** Of 1,000 events 200 are cut off; 60 of the 100 threats happen. */
const DECIDED = { tp: 8, fn: 52, fp: 4, tn: 736, threatAlerts: 6, benignAlerts: 14, undecided: 2 }

/** 20 streams: 8 with a threat, of which 6 are contained; 1 of the others is contained falsely. */
export function sampleResponse(changes: Partial<ResponseScores> = {}): ResponseScores {
  const actions = { allow: 768, block: 4, quarantine: 8, alert: 20 }
  const outcome = { returnMean: -2.4, actions, cutOff: 200, contained: 6, falselyContained: 1, benignContained: 1 }
  return {
    costs: DEFAULT_RESPONSE,
    streams: 20,
    threatStreams: 8,
    stopFactor: 1,
    stopLevels: [
      { factor: Math.exp(-0.5), returnMean: -2.6 },
      { factor: 1, returnMean: -2.4 },
      { factor: Math.exp(0.5), returnMean: -2.5 },
    ],
    ledger: {
      allowedBenign: 0.7,
      damage: -0.6,
      dwell: -0.5,
      blockedBenign: -0.1,
      containment: -0.7,
      falseContainment: -0.4,
      cutOffBenign: -0.2,
      alerts: -0.5,
    },
    returnMean: -2.3,
    returnDeviation: 4.1,
    contained: 6,
    falselyContained: 1,
    benignContained: 1,
    missed: 2,
    dwellEvents: 9.5,
    containmentEvents: 4,
    alertsPerDay: null,
    members: [-2.4, -2.35, -2.5, -2.45].map((returnMean) => ({ ...outcome, returnMean })),
    references: [
      reference('always-allow', null, -9.1),
      reference('per-event', 'belief', -4.9),
      reference('ladder', 'belief', -2.5),
      reference('ladder', 'team', -2.35),
    ],
    best: 2,
    containmentLimit: null,
    bound: { name: 'exact optimum', returnMean: -2.2 },
    hindsight: -0.6,
    attacks: [1, 2].map((f) => ({
      ...{ attack: 'always-alert', f, agents: [1, 0].slice(0, f).sort(), f1: 0.2, alertRate: 0.1 },
      ...{ ...outcome, returnMean: -2.4 - f },
    })),
    alertBudget: null,
    validity: { exact: 0.7, modelled: 0.2, unidentified: 0.1, blockedIntruder: null },
    timelines: [sampleTimeline()],
    sentence:
      'RL is needed here: the team gains 0.200 (0.100 to 0.300) per stream over the best tuned rule, ladder on belief.',
    ...changes,
  }
}

/** A stream that turns hostile with its third event, is alerted on and contained by the team; `changes` replaces fields. */
export function sampleTimeline(changes: Partial<Timeline> = {}): Timeline {
  const moment = { row: 0, isThreat: false, score: 0.1, ticket: 0, reward: 0.02, belief: 0.05, votes: [0, 0, 0, 0] }
  const gone = { score: null, ticket: null, reward: null, belief: null, votes: null, action: null }
  return {
    ...{ kind: 'contained', stream: 3, returned: -3.96, before: 0, after: 12 },
    moments: [
      { ...moment, action: 0 },
      { ...moment, row: 1, action: 3, votes: [3, 3, 3, 0], score: 0.4, reward: -0.98 },
      { ...moment, row: 2, isThreat: true, ticket: 5, action: 0, reward: -1, belief: 0.6 },
      {
        ...moment,
        row: 3,
        isThreat: true,
        ticket: 4,
        action: 2,
        votes: [2, 2, 2, 2],
        score: 0.9,
        reward: -2,
        belief: 0.95,
      },
      { row: 4, isThreat: true, ...gone },
      { row: 5, isThreat: false, ...gone },
    ],
    ...changes,
  }
}

/** An evaluation in the environment `respond`; `changes` replaces fields, those of `response` one by one. */
export function sampleResponseEvaluation(
  changes: Partial<Omit<Evaluation, 'response'>> & { readonly response?: Partial<ResponseScores> } = {},
): Evaluation {
  const response = sampleResponse(changes.response)
  const { returnMean, members } = response
  const agents = members.map(({ returnMean }) => ({ ...sampleScores(DECIDED), rewardMean: returnMean }))
  const plain = sampleEvaluation()
  const { f1 } = sampleScores(DECIDED)
  return {
    ...plain,
    ...{ dataset: 'quickest', rule: 'quorum', cutOff: 200 },
    team: { ...sampleScores(DECIDED), rewardMean: returnMean },
    agents,
    actions: { allow: 768, block: 4, quarantine: 8, alert: 20 },
    perClass: [
      { name: 'benign', rows: 740, recall: 736 / 740, trainRows: 4200, validationRows: 900 },
      { name: 'hostile', rows: 60, recall: 8 / 60, trainRows: 380, validationRows: 80 },
    ],
    diversity: { ...plain.diversity, bestAgentF1: f1, meanAgentF1: f1 },
    ...{ byzantine: [], baselines: [], thresholds: [], curves: [], operatingPoints: [], bayes: null },
    gain: {
      allow: -9.1,
      rule: -4.9,
      best: -2.5,
      team: -2.3,
      bound: -2.2,
      share: 2.6 / 2.7,
      low: 0.1,
      high: 0.3,
      boosting: null,
    },
    verdict: `${response.sentence} It returns -2.300 per stream, the exact optimum -2.200: 96.3 % of the way there from the per-event rule.`,
    ...changes,
    response,
  }
}

function reference(name: string, score: string | null, returnMean: number): ResponseScores['references'][number] {
  const actions = { allow: 1000, block: 0, quarantine: 0, alert: 0 }
  const figures = { returnMean, actions, cutOff: 0, contained: 0, falselyContained: 0, benignContained: 0 }
  const parameters = score === null ? {} : { quarantine: 1.5, alert: null }
  return { name, score, parameters, validation: returnMean + 0.1, isWithinLimit: true, ...figures }
}
