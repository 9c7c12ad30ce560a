export { type ActorPool, createActorPool, defaultActorCount, type TeamActions } from './actor-pool.ts'
export { ACTOR_ERRORS } from './errors.ts'
export type { ActorSettings, EvaluationSplit } from './memory-layout.ts'
export { createTeam, type InputSource, type Team, type TeamSettings } from './team.ts'
