import { DEFAULT_RESPONSE, DEFAULT_REWARDS } from '@vigil/env-wasm'
import { configSchema } from './config-schema.ts'
import type { Config } from './resolved-config.ts'

/** What in a config does not go with whether actions have consequences, and what to do; null = nothing. */
export function responseConflict(config: Config): string | null {
  if (config.warmStart === 'rule' && config.belief === 'none') {
    return 'warmStart "rule" begins from a rule on the belief, but belief is "none". Leave --warm-start out, or give --environment=respond with --belief=learnt.'
  }
  return config.environment === 'respond' ? conflictWithRespond(config) : conflictWithTriage(config)
}

function conflictWithTriage({ belief, credit, response }: Config): string | null {
  if (credit !== 'sampled') {
    return `credit "${credit}" is of what follows in a stream, but environment is "triage". Leave --credit out, or give --environment=respond.`
  }
  if (belief !== 'none') {
    return `belief "${belief}" is shown where actions have consequences. Leave --belief out, or give --environment=respond.`
  }
  const changed = firstChange(response, DEFAULT_RESPONSE)
  if (changed === null) return null
  return `response.${changed} is a cost of environment "respond", but environment is "triage". Leave it out, or give --environment=respond.`
}

function conflictWithRespond(config: Config): string | null {
  if (config.episodes === 'iid') {
    return 'environment "respond" plays whole streams, but episodes is "iid". Give --episodes=stream, or --environment=triage.'
  }
  if (config.split === 'stratified') {
    return 'environment "respond" plays whole streams, but split "stratified" tears them apart. Give --split=by-stream.'
  }
  if (config.belief === 'exact' && config.features !== 'posterior') {
    return 'belief "exact" is known with features "posterior" alone, of the generators quickest and campaign. Give --belief=learnt.'
  }
  if (config.rule === 'weighted' || config.rule === 'trimmed-median') {
    return `rule "${config.rule}" counts scores or skills, but where actions have consequences votes are counted as they are cast. Give --rule=quorum or --rule=majority.`
  }
  if (config.observeConstraints === 'team') {
    return 'observeConstraints "team" shows policies a lane\'s windows, but where actions have consequences these go on across streams, in an order that an evaluation does not have. Give --observe-constraints=critic.'
  }
  if (config.attribution !== 'own' || config.teamBonus !== 0) {
    return 'attribution and teamBonus change rewards by the table, but with environment "respond" all agents are paid what the action brings. Leave them out.'
  }
  if (config.baseline !== 'critic' || config.valueHidden === null) {
    return 'environment "respond" needs a critic: what follows from an action is not known beforehand. Leave --baseline and --value-hidden out.'
  }
  const faultOfCredit =
    config.credit === 'exact'
      ? conflictWithExact(config)
      : config.credit === 'hindsight'
        ? conflictWithHindsight(config)
        : null
  if (faultOfCredit !== null) return faultOfCredit
  const ofLayout = conflictOfLayout(config)
  if (ofLayout !== null) return ofLayout
  const lanes = config.rowsPerIteration / config.rolloutSteps
  if (lanes < config.agents) {
    return `Each lane is played by one agent, but there are ${lanes} lanes (rowsPerIteration / rolloutSteps) for ${config.agents} agents. Give --rows-per-iteration=${config.agents * config.rolloutSteps} or more.`
  }
  const changed = firstChange(config.rewards, DEFAULT_REWARDS)
  if (changed === null) return null
  return `rewards.${changed} is of environment "triage", but environment is "respond", whose costs are response.*. Leave it out, or give --environment=triage.`
}

/** What does not go with knowing in hindsight what block brings. */
function conflictWithHindsight({ response, stlMode }: Config): string | null {
  if (response.block !== 'fail-soft') {
    return `credit "hindsight" needs a recording that goes on whatever is blocked, but response.block is "${response.block}". Leave --response.block out, or give --credit=sampled.`
  }
  if (stlMode === 'lagrangian+direct') {
    return 'credit "hindsight" and stlMode "lagrangian+direct" both say what is gained from blocking. Give --stl-mode=lagrangian, or --credit=sampled.'
  }
  return null
}

/** What does not go with credits that are exact on recordings. */
function conflictWithExact({ policy, response, staleness, gamma, valueHidden, specifications }: Config): string | null {
  if (policy === 'lstm') {
    return 'credit "exact" learns from events in any order, but policy is "lstm". Give --policy=mlp, or --credit=sampled.'
  }
  if (response.block !== 'fail-soft') {
    return `credit "exact" needs a recording that goes on whatever is blocked, but response.block is "${response.block}". Leave --response.block out, or give --credit=sampled.`
  }
  if (specifications.length > 0) {
    return 'credit "exact" samples no steps on which specifications could be watched. Leave --specifications and --stl-mode out, or give --credit=sampled.'
  }
  if (staleness !== 0) {
    return 'credit "exact" has nothing to collect beside an update, but staleness is 1. Leave --staleness out, or give --credit=sampled.'
  }
  if (gamma !== 1) {
    return `credit "exact" counts whole returns, but gamma is ${gamma}. Leave --gamma out, or give --credit=sampled.`
  }
  if (String(valueHidden) !== String(configSchema.shape.valueHidden.parse(undefined))) {
    return `credit "exact" needs no critic, but valueHidden is ${valueHidden}. Leave --value-hidden out, or give --credit=sampled.`
  }
  return null
}

/** What is wrong with how streams share analysts. */
function conflictOfLayout({ response, policy, stlMode, credit }: Config): string | null {
  const { layout, tickets, alertsPerShift, shift, analystDelay } = response
  if (layout === 'stream') {
    const defaults = DEFAULT_RESPONSE
    const changed = firstChange(
      { tickets, alertsPerShift, shift },
      { tickets: defaults.tickets, alertsPerShift: defaults.alertsPerShift, shift: defaults.shift },
    )
    if (changed === null) return null
    return `response.${changed} is what streams of a site share, but response.layout is "stream". Leave it out, or give --response.layout=site.`
  }
  if (alertsPerShift > 0 && shift === 0) {
    return `response.alertsPerShift ${alertsPerShift} is a budget of each shift, but there are no shifts. Give --response.shift, events of the site in a shift.`
  }
  if (shift > 0 && analystDelay > shift) {
    return `response.analystDelay ${analystDelay} is longer than a shift of ${shift} events: no ticket would be closed in the shift that opened it. Give a longer --response.shift or a shorter --response.analyst-delay.`
  }
  if (credit === 'exact') {
    return 'credit "exact" knows the streams one by one, but with response.layout "site" they share analysts. Leave --credit out.'
  }
  if (policy === 'lstm') {
    return 'policy "lstm" remembers what came before in its lane, but with response.layout "site" that is another stream. Give --policy=mlp.'
  }
  if (stlMode === 'lagrangian+direct') {
    return 'stlMode "lagrangian+direct" follows gradients along a lane\'s decisions, but with response.layout "site" credit runs along streams. Give --stl-mode=lagrangian.'
  }
  return null
}

/** The first key whose value is not the default's. */
function firstChange<Settings extends object>(settings: Settings, defaults: Settings): string | null {
  return (
    Object.keys(defaults).find((key) => settings[key as keyof Settings] !== defaults[key as keyof Settings]) ?? null
  )
}
