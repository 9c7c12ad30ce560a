import { setImmediate } from 'node:timers/promises'
import type { Team } from '@vigil/actors'
import type { Engine } from '@vigil/engine'
import { headCount } from '@vigil/env-wasm'
import {
  absorb,
  createReturnNormaliser,
  normalise,
  type PpoSettings,
  type TrainingState,
  usesMultipliers,
} from '@vigil/ppo'
import { fillUniforms, randomStream } from '@vigil/random'
import {
  BELIEF,
  type ResponseSettings,
  SURCHARGES_MAX,
  showState,
  type TunedRule,
  tunedLadders,
  type WalkStep,
  walk,
  walkSites,
} from '@vigil/response'
import { type LessonBatch, type Lessons, lessonBatches } from '../lessons.ts'
import type { OnStep } from '../on-step.ts'
import { alertBudgetsOf, laddersWithin, type PolicyOf } from './ladders-within.ts'
import { streamsOf } from './streams-of.ts'

/** Rules to choose from. Only shown as progress. */
const LADDER_COUNT = 5

/** Updates of the critics, and as many of the policies. */
const UPDATES = 600

/** Scale of the logistic noise on the belief's log-odds by which a rule walks both sides of its thresholds. */
const SOFTNESS = 0.5

/** Events of an update: many small steps, since what a rule does is no noisy signal. A recurrent team learns whole segments. */
const MINIBATCH = 1024

/** Learning rate of the first update; it falls to 0 in a line. */
const LEARNING_RATE = 2e-3

type WarmStartSettings = Pick<
  PpoSettings,
  | 'seed'
  | 'gamma'
  | 'minibatchSize'
  | 'episodes'
  | 'returnNormalisation'
  | 'clipEpsilon'
  | 'maxGradNormPolicy'
  | 'maxGradNormValue'
  | 'stlMode'
  | 'specifications'
> & { readonly rolloutSteps: number }

/**
 * Where training begins from a rule: the weights of a team that does what the ladder of the belief does that returns most on
 * validation, of critics that foresee what it returns, and the units of the critics.
 *
 * Where training strives for targets of specifications about alerts, the rule is the mixture of ladders that keeps them on validation,
 * stream by stream: what a team is taught of it is how often either acts.
 *
 * The rule is made a policy that tries things: it decides on the belief with logistic noise on its log-odds, and once in a
 * stream on average takes any action. That policy walks the training streams, and the critics learn its returns. The agents learn
 * by cross-entropy what the rule itself would have done there (DAgger, Ross et al. 2011), and any action where any was taken: a rule
 * that is taught by its own noisy stops is one of small probabilities, which nobody sees in greedy actions.
 *
 * @param team    whose dataset has a belief
 * @param engine  holds fresh weights; left with those that are returned and with a fresh optimiser
 * @returns what differs from a fresh state
 */
export async function warmStart(
  settings: WarmStartSettings,
  team: Pick<Team, 'dataset' | 'network' | 'inputs' | 'environment'>,
  engine: Pick<Engine, 'update' | 'supervisedUpdate' | 'loadOptimiser' | 'storeParameters'>,
  onStep: OnStep = () => undefined,
): Promise<Pick<TrainingState, 'parameters' | 'normaliser'>> {
  const { response: spec } = team.environment
  if (spec === null) throw new TypeError('warmStart needs an environment with consequences.')
  const responseSettings = { spec, seed: team.environment.seed }
  const policyOf = (await budgetedLadders(settings, team, onStep)) ?? (await bestLadder(team, responseSettings, onStep))
  const walked = walkSoftly(team, responseSettings, policyOf, settings)
  const normaliser = absorb(createReturnNormaliser(settings.returnNormalisation), walked.returns)
  const targets = new Float32Array(walked.returns.length)
  normalise(normaliser, walked.returns, targets)

  await learnFrom(settings, team, engine, { ...walked, targets, onStep })
  const parameters = await engine.storeParameters()
  return { parameters, normaliser }
}

/** Ladders of the belief that keep budgets of alerts at their targets on validation; null where there is none, or no ladder does. */
async function budgetedLadders(
  settings: WarmStartSettings,
  { dataset, environment, network }: Pick<Team, 'dataset' | 'environment' | 'network'>,
  onStep: OnStep,
): Promise<PolicyOf | null> {
  if (!usesMultipliers(settings) || alertBudgetsOf(environment).length === 0) return null
  const { isEnough, policyOf } = await laddersWithin(
    streamsOf(dataset, 'validation'),
    { environment, agents: network.agentCount },
    {
      score: BELIEF,
      wanted: settings.specifications.map(({ target }) => target),
      onTry: (tried) => onStep('tuning the rule to begin with', tried, SURCHARGES_MAX),
    },
  )
  return isEnough ? policyOf : null
}

/** The ladder of the belief that returns most on validation streams. */
async function bestLadder(
  { dataset }: Pick<Team, 'dataset'>,
  settings: ResponseSettings,
  onStep: OnStep,
): Promise<PolicyOf> {
  const rules: TunedRule[] = []
  for (const rule of tunedLadders(streamsOf(dataset, 'validation'), settings, BELIEF)) {
    onStep('tuning the rule to begin with', rules.push(rule), LADDER_COUNT)
    await setImmediate() // signals and timers
  }
  const { policy } = rules.reduce((best, rule) => (rule.validation > best.validation ? rule : best))
  return () => policy
}

/** Decisions of a policy on the training streams: what was seen, what is to be done and what was returned from there on. */
type Walked = Lessons & {
  readonly context: Float32Array
  /** [n] */
  readonly actions: Uint8Array
  /** [n] reward units */
  readonly returns: Float32Array
}

function walkSoftly(
  team: Pick<Team, 'dataset' | 'network' | 'inputs' | 'environment'>,
  settings: ResponseSettings,
  policyOf: PolicyOf,
  { seed, gamma }: Pick<PpoSettings, 'seed' | 'gamma'>,
): Walked {
  const streams = streamsOf(team.dataset, 'train')
  const streamCount = streams.streamStarts.length - 1
  const { walking, taught } = softened(policyOf, seed, streams.rows.length / streamCount)
  const shownCount = headCount(team.environment)
  const walks: (WalkStep & { readonly shown: Float32Array })[][] = Array.from({ length: streamCount }, () => [])
  const note = (stream: number, step: WalkStep) => {
    const shown = new Float32Array(shownCount)
    showState(step.view, settings.spec, shown)
    walks[stream].push({ ...step, action: taught(stream)(step.view), shown })
  }
  const { order } = streams
  if (order !== undefined)
    walkSites(
      { ...streams, order },
      settings,
      (view) => walking(view.site!.stream)(view),
      (step) => note(step.view.site!.stream, step),
    )
  else
    for (let s = 0; s < streamCount; s++) for (const step of walk(streams, s, settings, walking(s)).steps) note(s, step)
  const steps = walks.flat()
  const K = team.network.denseSize - team.inputs.denseCount
  // What specifications show besides is 1 where nothing has been violated yet.
  const context = new Float32Array(steps.length * K).fill(1)
  const returns = new Float32Array(steps.length)
  const streamStarts = new Uint32Array(streamCount + 1)
  for (const [stream, own] of walks.entries()) {
    const start = streamStarts[stream]
    let ahead = 0
    for (let i = own.length - 1; i >= 0; i--) {
      ahead = own[i].reward + gamma * ahead
      returns[start + i] = ahead
      context.set(own[i].shown, (start + i) * K)
    }
    streamStarts[stream + 1] = start + own.length
  }
  const rows = Uint32Array.from(steps, ({ view }) => view.row)
  const actions = Uint8Array.from(steps, ({ action }) => action)
  return { rows, streamStarts, context, actions, returns }
}

/** Rules that decide on a belief with noise, and once in `length` events take any action; and what is taught: the same without noise. */
function softened(policyOf: PolicyOf, seed: number, length: number): Record<'walking' | 'taught', PolicyOf> {
  const random = randomStream(seed, 'warmStart')
  const draw = new Float64Array(4)
  const deciding =
    (softness: number): PolicyOf =>
    (stream) =>
    (view) => {
      fillUniforms(random, [view.position, 1 + view.age, 0], draw)
      if (draw[1] * length < 1) return Math.floor(4 * draw[2])
      const noisy = view.belief * ((1 - draw[0]) / Math.max(draw[0], 2 ** -33)) ** softness
      return policyOf(stream)({ ...view, belief: noisy / (noisy + 1 - view.belief) })
    }
  return { walking: deciding(SOFTNESS), taught: deciding(0) }
}

type Taught = Walked & {
  /** [n] returns in the critics' units */
  readonly targets: Float32Array
  readonly onStep: OnStep
}

/** Critics, then policies, each with an optimiser that has seen nothing: a bias correction of another stage's steps would be wrong. */
async function learnFrom(
  settings: WarmStartSettings,
  team: Pick<Team, 'dataset' | 'network' | 'inputs'>,
  engine: Pick<Engine, 'update' | 'supervisedUpdate' | 'loadOptimiser' | 'storeParameters'>,
  { targets, actions, onStep, ...lessons }: Taught,
): Promise<void> {
  const { rolloutSteps } = settings
  const steps = Math.min(MINIBATCH, settings.minibatchSize)
  const size =
    team.network.lstmHidden.length === 0 ? steps : rolloutSteps * Math.max(1, Math.floor(steps / rolloutSteps))
  const teach = async (stage: string, step: (batch: LessonBatch, learningRate: number) => Promise<unknown>) => {
    const batches = lessonBatches(
      { ...settings, minibatchSize: size },
      team,
      lessons,
      randomStream(settings.seed, 'warmStart'),
    )
    for (let update = 0; update < UPDATES; update++) {
      onStep(stage, update, UPDATES)
      await step(batches.next().value, LEARNING_RATE * (1 - update / UPDATES))
      await setImmediate()
    }
    const zeros = new Float32Array((await engine.storeParameters()).length)
    engine.loadOptimiser({ step: 0, firstMoment: zeros, secondMoment: zeros })
  }
  const minibatch = withoutPolicy(size, team.network)
  const critic = { ...settings, entropyCoef: 0, valueCoef: 1, constraintCoef: 0, targetKl: null }
  if (team.network.valueHidden !== null) {
    await teach('learning what the rule returns', ({ positions, ...batch }, learningRate) => {
      for (let i = 0; i < minibatch.valueTargets.length; i++) minibatch.valueTargets[i] = targets[positions[i % size]]
      return engine.update({ ...minibatch, ...batch }, { ...critic, learningRate })
    })
  }
  const accepted = new Uint8Array(size)
  await teach('learning what the rule does', ({ positions, ...batch }, learningRate) => {
    for (let b = 0; b < size; b++) accepted[b] = 1 << actions[positions[b]]
    return engine.supervisedUpdate({ ...batch, accepted }, learningRate)
  })
}

/** A minibatch from which policies and the heads of specifications learn nothing. */
function withoutPolicy(size: number, { agentCount, constraintCount }: Team['network']) {
  const entries = agentCount * size
  const zeros = new Float32Array(entries)
  return {
    actions: new Uint8Array(entries),
    oldLogProbs: zeros,
    advantages: zeros,
    valueTargets: new Float32Array(entries),
    weights: new Float32Array(entries).fill(1),
    constraints: constraintCount === 0 ? null : { costTargets: new Float32Array(constraintCount * entries) },
    direct: null,
  }
}
