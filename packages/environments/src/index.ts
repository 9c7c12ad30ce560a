export {
  createEnvironment,
  type Environment,
  type Observation,
  type ObservationSpace,
  openEnvironment,
  type StepResult,
} from './environment.ts'
export { API_ERRORS } from './errors.ts'
export { type EnvironmentOptions, loadWorld, type World } from './world.ts'
