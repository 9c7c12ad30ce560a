import type { TeamSettings } from '@vigil/actors'
import { DEFAULT_REWARDS, type EnvironmentSpec } from '@vigil/env-wasm'

/** Four agents that are paid for their own actions. */
export const ENVIRONMENT: EnvironmentSpec = {
  mode: 'iid',
  agentCount: 4,
  seed: 1,
  episodeSteps: 0,
  attribution: 'own',
  rule: 'quorum',
  faults: 1,
  fallbackAction: 3,
  rewards: DEFAULT_REWARDS,
  teamBonus: 0,
  specifications: [],
  observeConstraints: false,
}

/** A small feed-forward team with a critic: 512 events in an iteration. */
export const TEAM: TeamSettings = {
  environment: ENVIRONMENT,
  network: { policyHidden: [32], valueHidden: [16], layerNorm: false, lstmHidden: [], constraintCount: 0 },
  sampling: 'natural',
  shards: 8,
  lanesPerShard: 4,
  rolloutSteps: 16,
  actors: 2,
}
