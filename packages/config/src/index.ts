export {
  affectsResults,
  beginningFrom,
  COMMAND_LINE,
  configFingerprint,
  configKeys,
  lengthened,
  parseSavedConfig,
  resolveConfig,
  resolveLabConfig,
  withSettings,
} from './config.ts'
export { type ConfigInput, configSchema } from './config-schema.ts'
export { DEFECTS, type Defect, needsFaultyUpdate } from './defects.ts'
export { environmentOf, fallbackActionOf, hasCritic } from './environment.ts'
export { CONFIG_ERRORS, configError } from './errors.ts'
export {
  layerSettings,
  mergeSettings,
  parseFlags,
  readConfigFile,
  readSpecifications,
  type SettingLayer,
} from './flags.ts'
export { LAB_KEYS, type LabConfigInput, labConfigSchema } from './lab-config-schema.ts'
export type { Config, RunOrigin } from './resolved-config.ts'
export { settingGroups } from './setting-help.ts'
