export { createActorPool, defaultActorCount } from './actor-pool.ts'
export { ACTOR_ERRORS } from './errors.ts'
export type { ActorSettings, EvaluationSplit } from './memory-layout.ts'
export {
  type Acting,
  type ActorPool,
  type RecordedViews,
  type ShardCollection,
  type ShardRollout,
  type TeamActions,
  VOTES,
} from './pool.ts'
export { placeResponse } from './response-memory.ts'
export { ROLLOUT_FILE } from './rollout-module.ts'
export { createShardCheck } from './shard-check.ts'
export { placeSites } from './site-memory.ts'
export { createTeam, type InputSource, type Team, type TeamSettings, withPool } from './team.ts'
