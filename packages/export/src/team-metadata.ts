import type { Bundle } from '@vigil/runs'
import ownPackage from '../package.json' with { type: 'json' }

/** What deciding needs besides weights: texts, as formats of weights have it; all but the version and the fingerprints are JSON. */
export function teamMetadata({
  network,
  pipeline,
  environment,
  vote,
  stopFactor,
  ...bundle
}: Bundle): Record<string, string> {
  const { iteration, configFingerprint, datasetFingerprint, specifications, belief } = bundle
  const json = {
    ...{ iteration, network, pipeline, environment, stopFactor, specifications, belief },
    vote: { ...vote, weights: [...vote.weights] },
  }
  return {
    ...{ vigil: ownPackage.version, configFingerprint, datasetFingerprint },
    ...Object.fromEntries(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)])),
  }
}
