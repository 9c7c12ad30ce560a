/**
 * The gates of an LSTM layer for the rows of one step, unit by unit (./lstm).
 *
 *   i = sigmoid(z_i), f = sigmoid(z_f), g = tanh(z_g), o = sigmoid(z_o),  c' = f c + i g,  h = o tanh(c')
 */
import { sigmoid4, tanh4 } from './exp'
import { flush4, LEAST_SLOPE } from './flush'
import { floats } from './plan'

/**
 * @param z     [rows, 4 width] sums, overwritten by the gates
 * @param c     [rows, width] cells before the step
 * @param cNext [rows, width], overwritten: cells after it
 * @param tanhC [rows, width], overwritten: tanh(c')
 * @param h     [rows, width], overwritten
 */
export function passGates(z: usize, c: usize, cNext: usize, tanhC: usize, h: usize, rows: i32, width: i32): void {
  const bytes = floats(width)
  let i = z
  let at: usize = 0
  for (let row = 0; row < rows; row++) {
    const end = at + bytes
    // Eight units at a time, for V8 to pack (./product-blocks).
    for (; at < end; at += 32, i += 32) {
      const f = i + bytes
      const g = f + bytes
      const o = g + bytes
      const input0 = sigmoid4(v128.load(i))
      const input1 = sigmoid4(v128.load(i, 16))
      const forget0 = sigmoid4(v128.load(f))
      const forget1 = sigmoid4(v128.load(f, 16))
      const candidate0 = tanh4(v128.load(g))
      const candidate1 = tanh4(v128.load(g, 16))
      const output0 = sigmoid4(v128.load(o))
      const output1 = sigmoid4(v128.load(o, 16))
      const cell0 = f32x4.add(f32x4.mul(forget0, v128.load(c + at)), f32x4.mul(input0, candidate0))
      const cell1 = f32x4.add(f32x4.mul(forget1, v128.load(c + at, 16)), f32x4.mul(input1, candidate1))
      const squashed0 = tanh4(cell0)
      const squashed1 = tanh4(cell1)
      v128.store(i, input0)
      v128.store(i, input1, 16)
      v128.store(f, forget0)
      v128.store(f, forget1, 16)
      v128.store(g, candidate0)
      v128.store(g, candidate1, 16)
      v128.store(o, output0)
      v128.store(o, output1, 16)
      v128.store(cNext + at, cell0)
      v128.store(cNext + at, cell1, 16)
      v128.store(tanhC + at, squashed0)
      v128.store(tanhC + at, squashed1, 16)
      v128.store(h + at, f32x4.mul(output0, squashed0))
      v128.store(h + at, f32x4.mul(output1, squashed1), 16)
    }
    i += 3 * bytes
  }
}

/**
 * The gradient back through the gates, with dh the gradient of h from the layer above and from the step after:
 *
 *   dc' += dh o (1 - tanh(c')^2),  dc = dc' f,  do = dh tanh(c'),  df = dc' c,  di = dc' g,  dg = dc' i,
 *   dz = (di i (1 - i), df f (1 - f), dg (1 - g^2), do o (1 - o))
 *
 * @param gates [rows, 4 width], overwritten by dz
 * @param c     [rows, width] cells before the step
 * @param dH    [rows, width] from the layer above
 * @param dNext [rows, width] from the step after
 * @param dC    [rows, width] dc' from the step after, overwritten by dc
 */
export function gateGradients(
  gates: usize,
  c: usize,
  tanhC: usize,
  dH: usize,
  dNext: usize,
  dC: usize,
  rows: i32,
  width: i32,
): void {
  const bytes = floats(width)
  const one = f32x4.splat(1)
  const least = f32x4.splat(LEAST_SLOPE)
  let i = gates
  let at: usize = 0
  for (let row = 0; row < rows; row++) {
    const end = at + bytes
    for (; at < end; at += 16, i += 16) {
      const f = i + bytes
      const g = f + bytes
      const o = g + bytes
      const input = v128.load(i)
      const forget = v128.load(f)
      const candidate = v128.load(g)
      const output = v128.load(o)
      const squashed = v128.load(tanhC + at)
      const dHidden = flush4(f32x4.add(v128.load(dH + at), v128.load(dNext + at)), least)
      const slope = f32x4.sub(one, f32x4.mul(squashed, squashed))
      const dCell = f32x4.add(v128.load(dC + at), f32x4.mul(f32x4.mul(dHidden, output), slope))
      v128.store(dC + at, flush4(f32x4.mul(dCell, forget), least))
      v128.store(i, f32x4.mul(f32x4.mul(dCell, candidate), sigmoidSlope(input)))
      v128.store(f, f32x4.mul(f32x4.mul(dCell, v128.load(c + at)), sigmoidSlope(forget)))
      v128.store(g, f32x4.mul(f32x4.mul(dCell, input), f32x4.sub(one, f32x4.mul(candidate, candidate))))
      v128.store(o, f32x4.mul(f32x4.mul(dHidden, squashed), sigmoidSlope(output)))
    }
    i += 3 * bytes
  }
}

@inline
function sigmoidSlope(y: v128): v128 {
  return f32x4.mul(y, f32x4.sub(f32x4.splat(1), y))
}
