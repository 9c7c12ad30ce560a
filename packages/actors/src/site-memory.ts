import type { Dataset } from '@vigil/data'
import { type EnvironmentSpec, type SiteOrder, siteBytes, siteOrderOf, writeSite } from '@vigil/env-wasm'
import { actorError } from './errors.ts'

type SiteRun = { readonly dataset: Dataset; readonly environment: EnvironmentSpec }

/** Parts of a split whose events have an order. */
type Parts<Value> = { readonly train: Value; readonly validation: Value; readonly test: Value }

/** Where the orders of the three parts lie, in layout `site`. */
export type SiteMemory = {
  readonly orders: Parts<SiteOrder>
  /** Byte offsets of what `writeSite` writes. */
  readonly at: Parts<number>
  /** Most streams of a site at a time, of all parts. */
  readonly slotCount: number
  readonly initialise: (
    buffer: ArrayBufferLike,
    splits: Parts<{ readonly rows: number; readonly streamStarts: number }>,
  ) => void
}

/**
 * The orders of events in which streams share analysts; null in every other environment.
 *
 * @throws {VigilError} CONSEQUENCES for data whose order in time nobody knows
 * @throws {VigilError} SITES
 */
export function placeSites(run: SiteRun, place: (bytes: number) => number): SiteMemory | null {
  const orders = ordersOf(run)
  if (orders === null) return null
  const [train, validation, test] = Object.values(orders).map((order) => place(siteBytes(order)))
  const at = { train, validation, test }
  return {
    orders,
    at,
    slotCount: mostSlots(orders),
    initialise(buffer, locations) {
      for (const part of ['train', 'validation', 'test'] as const) {
        writeSite(orders[part], locations[part], { buffer, at: at[part] })
      }
    },
  }
}

/**
 * Most streams of a site at a time; 0 in every other environment.
 *
 * @throws {VigilError} CONSEQUENCES, SITES
 */
export function slotCountOf(run: SiteRun): number {
  const orders = ordersOf(run)
  return orders === null ? 0 : mostSlots(orders)
}

function mostSlots(orders: Parts<SiteOrder>): number {
  return Math.max(...Object.values(orders).map(({ slotCount }) => slotCount))
}

function ordersOf({ dataset, environment }: SiteRun): Parts<SiteOrder> | null {
  if (environment.response?.layout !== 'site') return null
  const { timeline, labels, splits } = dataset
  if (timeline === null) {
    throw actorError('CONSEQUENCES', 'The data do not say in which order events happened, so no site can be played.')
  }
  return {
    train: siteOrderOf(splits.train, timeline, labels),
    validation: siteOrderOf(splits.validation, timeline, labels),
    test: siteOrderOf(splits.test, timeline, labels),
  }
}
