/**
 * Dropout of hidden units (Srivastava et al. 2014): each is zero with probability plan.dropout / 256, else 256 / (256 -
 * plan.dropout) times itself. It exists as a fault of the system before, `replay-mismatch`: there acting and learning drew
 * masks of their own.
 *
 * What is to be dropped is kept in globals, which every thread has for itself.
 */
import { philox, word0, word1, word2, word3 } from '../../random/assembly/philox'
import { Plan } from './plan'

/** Philox key words of the purposes `dropoutActing` and `dropoutLearning` (random/src/streams.ts). */
export const ACTING: u32 = 13
export const LEARNING: u32 = 14

let isOn: bool = false
let purpose: u32 = 0
/** -> u32 of row 0, and bytes to that of the next row */
let counters: usize = 0
let stride: usize = 0
/** Second word of row 0's counter, and what it grows by from row to row. */
let second: u32 = 0
let perRow: u32 = 0
/** Agent and trunk, and the number of the tile's first row. */
let salt: u32 = 0
let first: i32 = 0

/**
 * From now on hidden units are dropped, where the plan asks for it.
 *
 * @param rowCounters -> u32 of row 0, a number of its event
 * @param rowStride   bytes from one row's number to the next
 * @param secondWord  of the counter of row 0; `growth` more for each row
 */
export function beginDropout(
  plan: Plan,
  key: u32,
  rowCounters: usize,
  rowStride: usize,
  secondWord: u32,
  growth: u32,
): void {
  isOn = plan.dropout > 0
  purpose = key
  counters = rowCounters
  stride = rowStride
  second = secondWord
  perRow = growth
}

/** From now on nothing is dropped. */
export function endDropout(): void {
  isOn = false
}

/** Says whose units come next, from which row on: masks differ between agents and trunks. */
export function aimDropout(agent: i32, trunk: i32, row: i32): void {
  salt = ((<u32>agent) << 1) | <u32>trunk
  first = row
}

/** Units of a layer, [rows, width], in place. */
export function dropUnits(plan: Plan, layer: i32, hidden: usize, rows: i32, width: i32): void {
  if (!isOn) return
  const threshold = <u32>plan.dropout
  const scale = keptScale(plan)
  for (let row = first; row < first + rows; row++) {
    const event = load<u32>(counters + <usize>row * stride)
    for (let unit = 0; unit < width; unit++, hidden += 4) {
      // One block of Philox has a byte for each of sixteen units.
      if ((unit & 15) == 0)
        philox(
          <u32>plan.dropoutSeed,
          purpose,
          event,
          second + <u32>row * perRow,
          salt,
          ((<u32>layer) << 16) | (<u32>unit >> 4),
        )
      const byte = (wordOf((unit >> 2) & 3) >> ((unit & 3) << 3)) & 255
      store<f32>(hidden, byte < threshold ? 0 : load<f32>(hidden) * scale)
    }
  }
}

/** The gradient of a layer's outputs, in front of the mask: dropped units have outputs of zero, and no gradient anyway. */
export function scaleGradient(plan: Plan, d: usize, count: i32): void {
  if (!isOn) return
  const scale = f32x4.splat(keptScale(plan))
  for (let i = 0; i < count; i += 4, d += 16) v128.store(d, f32x4.mul(v128.load(d), scale))
}

@inline
function keptScale(plan: Plan): f32 {
  return <f32>256 / (<f32>256 - <f32>plan.dropout)
}

@inline
function wordOf(index: i32): u32 {
  return index < 2 ? (index == 0 ? word0 : word1) : index == 2 ? word2 : word3
}
