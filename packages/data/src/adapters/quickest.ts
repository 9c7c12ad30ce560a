import type { ColumnPlan, FeatureProfile } from '@vigil/features'
import { averageNames, LOOKBACK, quickestColumn } from '../quickest/columns.ts'
import { generateQuickest, QUICKEST, SYMBOL_RATIOS } from '../quickest/generate.ts'
import { interleaved } from '../quickest/interleave.ts'
import type { Adapter } from './adapter.ts'
import { drawnDivision, GENERATED_READING, requireColumn, requireRows, standard, token } from './generated.ts'

/** Without the belief, which the environment shows, `posterior` has what the present event says by itself. */
const PLANS: Partial<Record<FeatureProfile, readonly ColumnPlan[]>> = {
  posterior: [standard('evidence')],
  history: [standard('log_age'), ...averageNames.map(standard), ...LOOKBACK.map((steps) => token(`symbol_${steps}`))],
}

/**
 * Streams that may turn hostile, of a model whose best policy can be computed (QUICKEST). Rows are in the order of streams. With
 * the profile `posterior` the environment knows the likelihood ratios and shows the exact belief; with `history` it does not.
 */
export const quickest: Adapter = {
  name: 'quickest',
  open: async ({ seed, ...request }, progress) => {
    const rowCount = requireRows('quickest', request)
    progress(`generating ${rowCount} events`)
    const events = generateQuickest(seed, rowCount)
    return {
      rowCount,
      labels: events.hostile,
      classes: events.hostile,
      classNames: ['benign', 'hostile'],
      streams: events.streams,
      timeRank: Uint32Array.from({ length: rowCount }, (_, row) => row),
      timeline: (splits) => interleaved(splits, { seed, rowCount, beside: QUICKEST.beside }),
      times: null,
      posterior: events.posterior,
      consequences: (profile) => ({
        ratios: profile === 'posterior' ? ratiosOf(events.symbols) : null,
        hazard: QUICKEST.hazard,
        damage: null,
      }),
      division: drawnDivision(events.streams, seed),
      notes: [],
      present: { inputs: ['symbol_0'], kind: null, constants: [] },
      reading: GENERATED_READING,
      plan: (profile) => PLANS[profile]!,
      history: () => null,
      column: async (name) => requireColumn('quickest', name, quickestColumn(events, name)),
      close: () => undefined,
    }
  },
}

function ratiosOf(symbols: Uint8Array): Float32Array {
  return Float32Array.from(symbols, (symbol) => SYMBOL_RATIOS[symbol])
}
