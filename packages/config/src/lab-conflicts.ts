import { usesMultipliers } from '@vigil/ppo'
import { needsFaultyUpdate } from './defects.ts'
import { configError } from './errors.ts'
import type { Config } from './resolved-config.ts'

/** Refuses settings of an experiment that cannot hold together. @throws {VigilError} CONFLICT */
export function assertLabConsistent(config: Config): void {
  const conflict = (message: string) => {
    throw configError('CONFLICT', message)
  }
  if (config.baseline === 'counterfactual' && config.gamma !== 0) {
    conflict(
      `baseline "counterfactual" knows the reward of every action now, not what follows: it needs gamma 0, but gamma is ${config.gamma}. Use --baseline=critic.`,
    )
  }
  if (config.valueHidden === null && config.baseline === 'critic') {
    conflict(
      'baseline "critic" needs a critic, but valueHidden is null. Give --value-hidden=64,64, or --baseline=counterfactual with gamma 0.',
    )
  }
  if (usesMultipliers(config) && config.costCritic === 'robustness' && config.observeConstraints === 'none') {
    conflict(
      'costCritic "robustness" needs to see it, but observeConstraints is "none". Give --observe-constraints=critic, or --cost-critic=network.',
    )
  }
  if ((usesMultipliers(config) || config.stlMode === 'fixed-target') && config.valueHidden === null) {
    conflict(
      `stlMode "${config.stlMode}" needs a critic, but valueHidden is null. Give --value-hidden=64,64, or --stl-mode=off.`,
    )
  }
  if (config.stlMode === 'penalty' && config.baseline === 'counterfactual') {
    conflict(
      'baseline "counterfactual" compares rewards of the table alone, but stlMode "penalty" changes rewards. Use --baseline=critic.',
    )
  }
  if (config.defects.includes('joint-clip') && config.valueHidden === null) {
    conflict(
      'The defect "joint-clip" clips policy and critic together, but there is no critic: valueHidden is null. Give --value-hidden=64,64, or leave joint-clip out of --defects.',
    )
  }
  if (config.sampling === 'importance' && config.teamBonus !== 0) {
    conflict('sampling "importance" weights what the table pays, but not teamBonus. Leave one of the two out.')
  }
  if (config.valueHidden === null && config.returns !== 'monte-carlo') {
    conflict(
      `returns "${config.returns}" need a critic, but valueHidden is null. Give --value-hidden=64,64, or --returns=monte-carlo.`,
    )
  }
  const defectsOfEngine = config.defects.filter((defect) => needsFaultyUpdate([defect]))
  if ((config.engine === 'portable' || config.engine === 'native') && defectsOfEngine.length > 0) {
    conflict(
      `The defects "${defectsOfEngine.join(', ')}" live in an update on TF.js, but engine is "${config.engine}". Leave --engine out.`,
    )
  }
}
