import { type EvaluationSplit, type Team, VOTES } from '@vigil/actors'
import type { BoostingModel } from '@vigil/boosting'
import type { BlockedIntruder } from '@vigil/env-wasm'
import { type Gain, gainInWords, gainOf, type ResponseSettings } from '@vigil/response'
import { countActions, type Evaluation, type ResponseScores, recallByClass } from '@vigil/runs'
import { trimmedMeans } from '@vigil/vote'
import { rowsByClass } from '../evaluate-team.ts'
import type { OnStep } from '../on-step.ts'
import { meanReturn, type PlayedSplit, playSplit } from '../play-split.ts'
import { rareLabelNotes } from '../rare-labels.ts'
import { scoresOf } from '../scores.ts'
import type { EvaluationSettings } from '../settings.ts'
import { specificationScores } from '../specification-scores.ts'
import { diversityOf } from '../team-diversity.ts'
import { alertBudgetInWords, alertBudgetOf } from './alert-budget.ts'
import { attacksOn } from './attacks.ts'
import { boundOn } from './bound.ts'
import { limitInWords } from './limit-in-words.ts'
import { outcomeFigures, outcomesOf } from './outcomes.ts'
import { type Reference, referencesOn } from './references.ts'
import { eventsPerDayOf, teamFigures } from './response-scores.ts'
import type { StopLevel } from './stop-level.ts'
import { streamsOf } from './streams-of.ts'
import { timelinesOf } from './timelines.ts'
import { type Replay, validityOf } from './validity.ts'
import { watchedDecisions } from './watched-decisions.ts'

/**
 * Everything of evaluation.json for a team whose actions have consequences: team, members, rules and attackers
 * act on the streams of one split, each for itself.
 *
 * @param parameters [A, P] of the team; left published
 * @param boosting   trees trained on the same inputs and labels, whose probability is a score for rules; null where there are none
 * @param stopLevel  as validation chose it
 * @param alertPrices [S] what training charged for an alert on account of each specification; null where it charged nothing
 * @param replay     plays the same team where blocked intruders do something else
 */
export async function evaluateResponse(
  team: Team,
  settings: EvaluationSettings,
  options: {
    readonly split: EvaluationSplit
    readonly parameters: Float32Array
    readonly boosting: BoostingModel | null
    readonly stopLevel: StopLevel
    readonly alertPrices: readonly (number | null)[]
    readonly replay: (stopFactor: number) => Replay
    readonly onStep?: OnStep
  },
): Promise<Evaluation> {
  const { dataset } = team
  const { split, onStep = () => undefined } = options
  const { response: spec, seed } = settings.environment
  if (spec === null) throw new TypeError('evaluateResponse needs an environment with consequences.')
  const responseSettings: ResponseSettings = { spec, seed }
  team.publish(options.parameters, 0)
  const { stopFactor } = options.stopLevel
  onStep(`deciding on the ${split} split`, 0, 1)
  const played = await playSplit(team, settings, split, { stopFactor })
  const streams = streamsOf(dataset, split)
  const outcomes = outcomesOf(played.actions, streams, spec.block)
  const members = await membersOn(team, settings, { split, block: spec.block, stopFactor })
  const attacks = await attacksOn(team, settings, { split, streams, block: spec.block, stopFactor, members, onStep })
  const { boosting } = options
  const { faults, agents: agentCount } = settings
  const { containmentLimit: limit } = options.stopLevel
  const tuning = { ...responseSettings, limit }
  const references = await referencesOn(team, { settings: tuning, split, faults, boosting, onStep })
  onStep('computing the bound', 0, 1)
  const { bound, hindsight } = boundOn(dataset, split, responseSettings)
  const best = bestOf(references, ({ score, isWithinLimit }) => isWithinLimit && score !== 'team')
  const boosted = bestOf(references, ({ score, isWithinLimit }) => isWithinLimit && score === 'boosting')
  const compared = gainBeside(played, references, { best, boosted, bound, seed })
  const gain = withoutNames(compared, boosted)
  const alertBudget = await alertBudgetOf(team, settings, {
    ...{ split, played, stopFactor, boosting, prices: options.alertPrices, onStep },
  })
  const validity = await validityOf(played, { streams, outcomes, spec, replay: options.replay(stopFactor) })
  const response: ResponseScores = {
    ...teamFigures(played, { streams, outcomes, spec, eventsPerDay: eventsPerDayOf(team, split) }),
    ...options.stopLevel,
    members,
    references: references.map(({ scores }) => scores),
    ...{ best, bound, hindsight, attacks, alertBudget, validity, sentence: gainInWords(compared) },
    timelines: timelinesOf(played, { streams, settings: responseSettings, outcomes, agentCount, faults }),
  }
  const decided = decidedEvents(team, settings, played, { split, response })
  const { verdict, notes } = inWords(team, response, gain)
  const satisfied = decided.stl.map(({ satisfiedRate }) => satisfiedRate)
  const budgetNotes = alertBudgetInWords(alertBudget, {
    ...{ specifications: settings.specifications, response, satisfied },
  })
  const limitNotes = limit === null ? [] : [limitInWords(limit, response)]
  return { ...decided, gain, response, verdict, notes: [...notes, ...limitNotes, ...budgetNotes] }
}

/** Each agent alone: all votes are its own. */
async function membersOn(
  team: Team,
  settings: EvaluationSettings,
  {
    split,
    block,
    stopFactor,
  }: { readonly split: EvaluationSplit; readonly block: BlockedIntruder; readonly stopFactor: number },
): Promise<ResponseScores['members']> {
  const members: ResponseScores['members'] = []
  for (let agent = 0; agent < settings.agents; agent++) {
    const votes = new Uint8Array(settings.agents).fill(VOTES.as + agent)
    const played = await playSplit(team, settings, split, { votes, stopFactor })
    members.push(outcomeFigures(played, streamsOf(team.dataset, split), block))
  }
  return members
}

/** Place of the rule with the highest return on validation, -1 = there is none. */
function bestOf(references: readonly Reference[], isOne: (scores: Reference['scores']) => boolean): number {
  const returns = references.map(({ scores }) => (isOne(scores) ? scores.validation : Number.NEGATIVE_INFINITY))
  const most = Math.max(...returns)
  return most === Number.NEGATIVE_INFINITY ? -1 : returns.indexOf(most)
}

/** @param boosted place of the best rule on boosting, -1 = there is none */
function gainBeside(
  { returns: team }: PlayedSplit,
  references: readonly Reference[],
  {
    best,
    boosted,
    bound,
    seed,
  }: {
    readonly best: number
    readonly boosted: number
    readonly bound: ResponseScores['bound']
    readonly seed: number
  },
): Gain {
  const returnsOf = (place: number) => references[place].returns
  const named = (place: number) => ({ name: nameOf(references[place].scores), returns: returnsOf(place) })
  return gainOf(
    {
      allow: returnsOf(bestOf(references, ({ name }) => name === 'always-allow')),
      rule: returnsOf(bestOf(references, ({ name, score }) => name === 'per-event' && score !== 'team')),
      best: named(best),
      boosting: boosted === -1 || boosted === best ? null : named(boosted),
      team,
      bound: bound.returnMean,
    },
    seed,
  )
}

/** As evaluation.json holds it: rules by their places among the references. */
function withoutNames({ bestName: _, boosting, ...gain }: Gain, boosted: number): NonNullable<Evaluation['gain']> {
  if (boosting === null) return { ...gain, boosting }
  const { bestName: __, ...beside } = boosting
  return { ...gain, boosting: { rule: boosted, ...beside } }
}

/** A rule's name with the score that it decides by. */
export function nameOf({ name, score }: Pick<Reference['scores'], 'name' | 'score'>): string {
  return score === null ? name : `${name} on ${score}`
}

/** Counts and shares of the events that happened, as of any evaluation; what needs independent rows is left empty. */
function decidedEvents(
  team: Team,
  settings: EvaluationSettings,
  played: PlayedSplit,
  { split, response }: { readonly split: EvaluationSplit; readonly response: ResponseScores },
): Omit<Evaluation, 'gain' | 'response' | 'verdict' | 'notes'> {
  const { dataset } = team
  const { decidedAt, events } = played
  const { agents: A, faults, rewards } = settings
  const { rows } = dataset.splits[split]
  const { labels, actions, votes } = events
  const classes = Uint8Array.from(decidedAt, (position) => dataset.classes[rows[position]])
  const ofAgent = (agent: number) => ({
    actions: labels.map((_, event) => votes[event * A + agent]),
    scores: Float32Array.from(labels, (_, event) => events.scores[event * A + agent]),
  })
  const agents = Array.from({ length: A }, (_, agent) => ofAgent(agent))
  const scored = (policy: Omit<Parameters<typeof scoresOf>[0], 'labels'>, returned: number) => ({
    ...scoresOf({ ...policy, labels }, rewards),
    rewardMean: returned,
  })
  const alone = agents.map((agent, i) => scored(agent, response.members[i].returnMean))
  const [trainRows, validationRows] = (['train', 'validation'] as const).map((part) => rowsByClass(dataset, part))
  return {
    dataset: settings.dataset,
    split,
    rows: rows.length,
    threats: rows.reduce((sum, row) => sum + dataset.labels[row], 0),
    cutOff: rows.length - decidedAt.length,
    ...{ rewards, rule: settings.rule, faults },
    team: scoresOfPlayed(played, settings),
    agents: alone,
    actions: countActions(actions),
    perClass: recallByClass({ actions, labels, classes }, dataset.classNames)
      .map((entry, index) => ({ ...entry, trainRows: trainRows[index], validationRows: validationRows[index] }))
      .filter((entry) => entry.rows > 0),
    diversity: diversityOf(
      agents.map((agent, i) => ({ actions: agent.actions, alone: alone[i] })),
      labels,
    ),
    stl: specificationScores(settings, watchedDecisions(team, settings, { split, played })),
    ...{ byzantine: [], baselines: [], thresholds: [], curves: [], operatingPoints: [], bayes: null },
  }
}

/** Scores of a team on the events that happened; its reward is the mean return of a stream. */
export function scoresOfPlayed(played: PlayedSplit, { agents, faults, rewards }: EvaluationSettings) {
  const { labels, actions, decided, scores } = played.events
  const scored = scoresOf({ labels, actions, decided, scores: trimmedMeans(scores, agents, faults) }, rewards)
  return { ...scored, rewardMean: meanReturn(played) }
}

/** The sentences that a reader begins with. */
function inWords(
  { dataset }: Team,
  { sentence, bound, validity }: ResponseScores,
  { team, rule, share }: NonNullable<Evaluation['gain']>,
): Pick<Evaluation, 'verdict' | 'notes'> {
  const near =
    share === null
      ? `the per-event rule returns ${figure(rule)} and is as good as the bound`
      : `${percent(share)} of the way there from the per-event rule`
  const verdict = `${sentence} It returns ${figure(team)} per stream, the ${bound.name} ${figure(bound.returnMean)}: ${near}.`
  const { unidentified, blockedIntruder } = validity
  const returns = Object.values(blockedIntruder ?? {})
  const notes =
    returns.length === 0
      ? []
      : [
          `What blocked intruders do next is not in a recording: ${percent(unidentified)} of the ledger hangs on it. The same team returns ${figure(Math.min(...returns))} to ${figure(Math.max(...returns))} per stream as they go on, give up or try again.`,
        ]
  return { verdict, notes: [...rareLabelNotes(dataset), ...notes] }
}

function figure(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
