import type { TeamSettings } from '@vigil/actors'
import { PLAIN_ENVIRONMENT } from '@vigil/env-wasm'

/** A small feed-forward team with a critic: 512 events in an iteration. */
export const TEAM: TeamSettings = {
  environment: PLAIN_ENVIRONMENT,
  network: { policyHidden: [32], valueHidden: [16], layerNorm: false, lstmHidden: [], constraintCount: 0 },
  sampling: 'natural',
  shards: 8,
  lanesPerShard: 4,
  rolloutSteps: 16,
  actors: 2,
}
