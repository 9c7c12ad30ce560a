/**
 * The gates of an LSTM layer for the rows of one step, unit by unit (./lstm).
 *
 *   i = sigmoid(z_i), f = sigmoid(z_f), g = tanh(z_g), o = sigmoid(z_o),  c' = f c + i g,  h = o tanh(c')
 */
import { sigmoid4, tanh4 } from './exp'
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
    for (; at < end; at += 16, i += 16) {
      const f = i + bytes
      const g = f + bytes
      const o = g + bytes
      const input = sigmoid4(v128.load(i))
      const forget = sigmoid4(v128.load(f))
      const candidate = tanh4(v128.load(g))
      const output = sigmoid4(v128.load(o))
      const cell = f32x4.add(f32x4.mul(forget, v128.load(c + at)), f32x4.mul(input, candidate))
      const squashed = tanh4(cell)
      v128.store(i, input)
      v128.store(f, forget)
      v128.store(g, candidate)
      v128.store(o, output)
      v128.store(cNext + at, cell)
      v128.store(tanhC + at, squashed)
      v128.store(h + at, f32x4.mul(output, squashed))
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
      const dHidden = f32x4.add(v128.load(dH + at), v128.load(dNext + at))
      const slope = f32x4.sub(one, f32x4.mul(squashed, squashed))
      const dCell = f32x4.add(v128.load(dC + at), f32x4.mul(f32x4.mul(dHidden, output), slope))
      v128.store(dC + at, f32x4.mul(dCell, forget))
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
