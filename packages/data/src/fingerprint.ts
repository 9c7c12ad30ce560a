import { createHash } from 'node:crypto'
import type { Dataset } from './dataset.ts'

const PIECE_BYTES = 2 ** 26

/**
 * SHA-256 over everything a learner can see or is judged by. Each part is preceded by its name and byte length, so that
 * no two datasets share an input by moving a boundary.
 *
 * @returns 32 bytes
 */
export function fingerprintOf(dataset: Omit<Dataset, 'fingerprint'>): Uint8Array {
  const hash = createHash('sha256')
  const add = (name: string, bytes: Uint8Array) => {
    hash.update(`${name}:${bytes.byteLength}:`)
    // More than 2 GiB at a time are refused.
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) hash.update(bytes.subarray(at, at + PIECE_BYTES))
  }
  const addArray = (name: string, array: Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array) =>
    add(name, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))

  const { name, rowCount, denseNames, categoricalColumns, classNames } = dataset
  add('shape', new TextEncoder().encode(JSON.stringify({ name, rowCount, denseNames, categoricalColumns, classNames })))
  addArray('dense', dataset.dense)
  addArray('categorical', dataset.categorical)
  addArray('labels', dataset.labels)
  addArray('classes', dataset.classes)
  for (const part of ['train', 'validation', 'test'] as const) {
    addArray(`${part}.rows`, dataset.splits[part].rows)
    addArray(`${part}.streamStarts`, dataset.splits[part].streamStarts)
  }
  if (dataset.posterior !== null) addArray('posterior', dataset.posterior)
  if (dataset.consequences !== null) {
    const { ratios, hazard, damage, criticality } = dataset.consequences
    addArray('hazard', Float64Array.of(hazard))
    if (ratios !== null) addArray('ratios', ratios)
    if (damage !== null) addArray('damage', damage)
    if (criticality !== undefined) addArray('criticality', criticality)
  }
  if (dataset.timeline !== null) {
    const { ranks, sites, phases } = dataset.timeline
    addArray('ranks', ranks)
    addArray('sites', sites)
    if (phases !== null) addArray('phases', phases)
  }
  const { eventsPerDay } = dataset
  if (eventsPerDay !== null) add('eventsPerDay', new TextEncoder().encode(JSON.stringify(eventsPerDay)))
  return new Uint8Array(hash.digest())
}
