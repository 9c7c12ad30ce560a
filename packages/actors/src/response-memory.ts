import type { Dataset } from '@vigil/data'
import { benignAhead, type EnvironmentSpec, LEDGER_ENTRIES, RESPONSE_BYTES } from '@vigil/env-wasm'
import { actorError } from './errors.ts'

/**
 * Where the data lie that consequences are reckoned from; null where actions have none.
 *
 * @throws {VigilError} CONSEQUENCES when a belief is to be shown of data that give none
 */
export function placeResponse(
  { dataset, environment }: { readonly dataset: Dataset; readonly environment: EnvironmentSpec },
  place: (bytes: number) => number,
) {
  if (environment.response === null) return null
  const { ratios, hazard, damage } = dataset.consequences ?? { ratios: null, hazard: 0, damage: null }
  if (environment.showsBelief && ratios === null) {
    throw actorError('CONSEQUENCES', 'The data have no likelihood ratios, so there is no belief to show.')
  }
  const shown = environment.showsBelief ? ratios : null
  const { train, validation, test } = dataset.splits
  const streams = Math.max(...[train, validation, test].map(({ streamStarts }) => streamStarts.length - 1))
  const location = {
    at: place(RESPONSE_BYTES),
    ratios: shown === null ? 0 : place(shown.byteLength),
    multipliers: damage === null ? 0 : place(damage.byteLength),
    benignAhead: place(4 * dataset.rowCount),
    hazard,
  }
  return {
    location,
    ledgers: place(8 * LEDGER_ENTRIES.length * streams),
    votes: place(environment.agentCount),
    initialise(buffer: ArrayBufferLike) {
      if (shown !== null) new Float32Array(buffer, location.ratios, shown.length).set(shown)
      if (damage !== null) new Float32Array(buffer, location.multipliers, damage.length).set(damage)
      const ahead = benignAhead(dataset.labels, [train, validation, test])
      new Uint32Array(buffer, location.benignAhead, ahead.length).set(ahead)
    },
  }
}
