import { ANALYST_DELAY_MAX } from '@vigil/env-wasm'
import { knownDataset } from '@vigil/features'
import { usesMultipliers } from '@vigil/ppo'
import { maxFaults } from '@vigil/vote'
import { needsFaultyUpdate } from './defects.ts'
import type { ParsedConfig } from './lab-config-schema.ts'
import type { Config } from './resolved-config.ts'
import { resolveSpecifications } from './specifications.ts'

/** What every `auto` of a config comes to, and what follows from its other settings. */
export function resolvedSettings(parsed: ParsedConfig, generator: 'campaign' | 'synthetic') {
  const world = worldOf(parsed, generator)
  // The posterior of quickest is all that there is to see, and learnt from random weights. Under multipliers that ends alerts.
  const isSimple = world.belief === 'exact' && world.dataset === 'quickest' && !usesMultipliers(parsed)
  const warmStart = given(parsed.warmStart, isSimple || world.belief === 'none' ? 'none' : 'rule')
  const isResponse = world.environment === 'respond'
  const defects = [...new Set(parsed.defects)].sort()
  const observer = usesMultipliers(parsed) ? 'critic' : 'none'
  const specifications = resolveSpecifications(parsed)
  const isExact = isResponse && specifications.length === 0 && isUnanswered(parsed)
  const credit = given(parsed.credit, isExact ? 'exact' : knowsBlock(parsed, world.belief) ? 'hindsight' : 'sampled')
  return {
    ...world,
    ...collectionOf(parsed, isResponse),
    faults: parsed.faults === 'auto' ? maxFaults(parsed.agents) : parsed.faults,
    warmStart,
    iterations: given(parsed.iterations, warmStart === 'rule' ? 16 : 60),
    // Blocking ends nothing and asks nobody.
    fallbackAction: given(parsed.fallbackAction, isResponse ? 'block' : 'alert'),
    credit,
    epochs: given(parsed.epochs, credit === 'exact' ? 1 : 4),
    // A rule knows already when to act: what is tried besides costs whole streams.
    entropyCoef: given(parsed.entropyCoef, warmStart === 'rule' ? 0.002 : 0.01),
    gamma: given(parsed.gamma, isResponse ? 1 : world.episodes === 'iid' ? 0 : 0.9),
    specifications,
    observeConstraints: given(parsed.observeConstraints, observer),
    defects,
    attribution: defects.includes('vote-reward') ? 'consensus' : parsed.attribution,
    engine: parsed.engine === 'auto' && needsFaultyUpdate(defects) ? 'tfjs' : parsed.engine,
  } as const
}

/** Whether nothing but quarantine changes what follows, for a team that learns from the present event alone. */
function isUnanswered({ policy, staleness, response }: ParsedConfig): boolean {
  const { analystDelay, block, layout } = response
  const hasNoAnswer = analystDelay === ANALYST_DELAY_MAX && block === 'fail-soft' && layout === 'stream'
  return hasNoAnswer && policy === 'mlp' && staleness === 0
}

/** Whether hindsight tells what block brings, where that is the default. */
function knowsBlock({ stlMode, response }: ParsedConfig, belief: Config['belief']): boolean {
  return belief === 'hidden-markov' && response.block === 'fail-soft' && stlMode !== 'lagrangian+direct'
}

/** Which events, seen how, and what actions do to them. */
function worldOf(parsed: ParsedConfig, generator: 'campaign' | 'synthetic') {
  const named = parsed.environment === 'triage' ? 'synthetic' : generator
  const dataset = given(parsed.dataset, parsed.data === null ? named : 'events')
  const known = knownDataset(dataset)
  const features = given(parsed.features, known.profiles[0])
  const isGame = dataset === 'quickest' || dataset === 'campaign'
  const environment = given(parsed.environment, isGame ? 'respond' : 'triage')
  const whole = known.split === 'stratified' && environment === 'respond' ? 'by-stream' : known.split
  const split = given(parsed.split, whole)
  const episodes = given(parsed.episodes, environment === 'respond' ? 'stream' : 'iid')
  const belief = given(parsed.belief, beliefOf({ dataset, features, environment }))
  return { dataset, features, split, environment, episodes, belief }
}

/** The belief that a run shows its team unless it is told otherwise. */
function beliefOf({ dataset, features, environment }: Pick<Config, 'dataset' | 'features' | 'environment'>) {
  if (environment !== 'respond') return 'none'
  if (features === 'posterior') return 'exact'
  if (dataset === 'quickest') return 'none'
  // What a file says of an event may say already what was before.
  return dataset === 'campaign' ? 'hidden-markov' : 'learnt'
}

/** How much is collected and learnt from at a time. Returns of whole streams vary far more than rewards of single events. */
function collectionOf(parsed: ParsedConfig, isResponse: boolean) {
  const rowsPerIteration = given(parsed.rowsPerIteration, isResponse ? 32_768 : 8192)
  return {
    rolloutSteps: given(parsed.rolloutSteps, isResponse ? 64 : 16),
    rowsPerIteration,
    minibatchSize: given(parsed.minibatchSize, isResponse ? Math.min(4096, rowsPerIteration) : 1024),
  }
}

/** A setting as it was given, or what \`auto\` comes to. */
function given<Value, Automatic>(setting: Value, automatic: Automatic): Exclude<Value, 'auto'> | Automatic {
  return setting === 'auto' ? automatic : (setting as Exclude<Value, 'auto'>)
}
