export {
  type Acting,
  createActorPool,
  defaultActorCount,
  type RecordedViews,
  type TeamActions,
  VOTES,
} from './actor-pool.ts'
export { ACTOR_ERRORS } from './errors.ts'
export type { EvaluationSplit } from './memory-layout.ts'
export { createTeam, type InputSource, type Team, type TeamSettings } from './team.ts'
